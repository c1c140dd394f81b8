// The pass prompt: a language model is asked for inputs of the functions of a batch whose code the search has not covered.
// No Docker and no code of a corpus is near: a request is text, and so is a reply, which is stored as it comes.
import type { BatchInput, BatchResult, StepInput } from '../src/contract/job.ts';
import type { PromptRow } from '../src/contract/sealed-rows.ts';
import type { LlmSpec } from '../src/contract/spec.ts';
import { planKey } from '../src/core/keys.ts';
import {
  addSpent,
  NOTHING_SPENT,
  promptTokensMax,
  withinAllowance,
} from '../src/core/llm-budget.ts';
import type { Spent, Usage } from '../src/core/llm-budget.ts';
import { AppError } from '../src/errors.ts';
import { canonicalJson, contentKeyOf } from '../src/identity/digest.ts';
import { readPages, readPage } from '../src/store/ledger-pages.ts';
import type { ObjectStore } from '../src/store/object-store.ts';
import { findReply, keepReply } from '../src/store/replies.ts';
import type { KeptReply } from '../src/store/replies.ts';
import { jsonBytes, sealObject, readJsonIfThere } from '../src/store/seal.ts';
import { sealedBatch } from '../src/store/sealed-batch.ts';
import { openStored } from '../src/store/stored-table.ts';
import { compareText, PROBED, PROMPTED } from '../src/store/tables.ts';
import type { ModelPort } from '../src/synthesis/port.ts';
import { PROMPT_VERSION, requestDigestOf, textOf } from '../src/synthesis/prompt.ts';
import type { StoredReply } from '../src/schema/reply.ts';
import type { ActivityDeps } from './deps.ts';
import { readFoundFunctions } from './found-functions.ts';
import { withHeartbeat } from './heartbeat.ts';
import { loadSpec } from './load-spec.ts';
import { askingsOf, promptCounts, promptRow } from './prompt-rows.ts';
import type { Asking } from './prompt-rows.ts';

/** Rises with every change of what is taken of the same reply. */
const PASS_VERSION = 2;

function modelOf({ llm }: ActivityDeps): ModelPort {
  if (llm !== null) return llm;
  throw new AppError('internal', 'this worker serves the queue llm without a language model');
}

interface Allowances {
  readonly v: 1;
  /** Set aside for the functions of all batches before, by batch. */
  readonly before: readonly Spent[];
}

/** What the search of every batch wants to be asked, summed up in the order of the corpus: a pure sum, made once. */
async function allowances(store: ObjectStore, at: StepInput): Promise<Allowances> {
  const key = planKey(at.jobId, 'prompt', `${at.planDigest}-${String(at.revision)}`);
  const known = await readJsonIfThere(store, key);
  if (known !== null) return known as Allowances;
  const pages = await readPages(store, at, { pass: 'probe', batchCount: at.planBatchCount });
  const before: Spent[] = [];
  let sum = NOTHING_SPENT;
  for (const { counts } of pages) {
    before.push(sum);
    const { promptNanoUsd: nanoUsd = 0, promptTokens: tokens = 0 } = counts;
    sum = addSpent(sum, { nanoUsd, tokens });
  }
  const made: Allowances = { v: 1, before };
  await sealObject(store, key, jsonBytes(made));
  return made;
}

interface Work {
  readonly deps: ActivityDeps;
  readonly store: ObjectStore;
  readonly llm: LlmSpec;
  readonly askings: readonly Asking[];
}

async function openWork(deps: ActivityDeps, input: BatchInput): Promise<Work> {
  const store = deps.storeOf(input.bucket);
  const { llm } = (await loadSpec(store, input)).inputs;
  if (llm === undefined) {
    throw new AppError('internal', 'a job that asks no language model has no pass prompt');
  }
  const { batchIndex } = input;
  const { before } = await allowances(store, input);
  const functions = await readFoundFunctions(store, input);
  const { key } = await readPage(store, input, { pass: 'probe', batchIndex });
  const rows = await (await openStored(store, PROBED, key)).read();
  const given = { rows, before: before[batchIndex] ?? NOTHING_SPENT, llm };
  return { deps, store, llm, askings: askingsOf(functions, given) };
}

const isAbove = (told: Usage, counts: Usage): boolean =>
  told.promptTokens > counts.promptTokens || told.replyTokens > counts.replyTokens;

/** The stored reply, or the one that is asked for now. */
async function replyOf(work: Work, asking: Asking, signal: AbortSignal): Promise<KeptReply> {
  const { store, llm } = work;
  const { messages } = asking;
  const request = requestDigestOf(messages, llm);
  const known = await findReply(store, request);
  if (known !== null) return known;
  const tokensMax = asking.set.tokens;
  const answer = await modelOf(work.deps).ask({ messages, llm, tokensMax }, signal);
  const isReply = answer.kind === 'reply';
  const usage = isReply ? answer.usage : { promptTokens: 0, replyTokens: 0 };
  const text = textOf(messages);
  if (usage !== null && isAbove(usage, withinAllowance(usage, text, llm))) {
    // Once for each reply that is asked for: an operator compares it with the bill.
    const { log } = work.deps;
    log.warn({ functionId: asking.functionId, ...usage }, 'a server counted more than was asked');
  }
  const stored: StoredReply = {
    ...{ v: 1, request, model: llm.model, promptVersion: PROMPT_VERSION, kind: answer.kind },
    finish: isReply ? answer.finish : null,
    refusal: isReply && answer.refusal,
    content: isReply ? answer.content : null,
    promptTokens: usage?.promptTokens ?? promptTokensMax(text),
    replyTokens: usage?.replyTokens ?? llm.outputTokens,
    counted: usage !== null,
  };
  return await keepReply(store, stored);
}

interface Asked {
  readonly signal: AbortSignal;
  readonly onDone: () => void;
}

/** Null where the worker drains: what was answered is stored, and the next attempt finds it. */
async function askAll(work: Work, { signal, onDone }: Asked): Promise<PromptRow[] | null> {
  const stop = new AbortController();
  const bound = AbortSignal.any([signal, stop.signal, work.deps.drain]);
  const ends = await Promise.allSettled(
    work.askings.map(async (asking): Promise<PromptRow> => {
      try {
        const kept = asking.isAsked ? await replyOf(work, asking, bound) : null;
        return promptRow(asking, kept, work.llm);
      } catch (error) {
        stop.abort(error);
        throw error;
      } finally {
        onDone();
      }
    }),
  );
  signal.throwIfAborted();
  const failed = ends.some(({ status }) => status === 'rejected');
  // What broke off because the worker drains is no failure; all others broke off because of the first one.
  if (failed && work.deps.drain.aborted) return null;
  if (failed) stop.signal.throwIfAborted();
  const rows = ends.flatMap((end) => (end.status === 'fulfilled' ? [end.value] : []));
  return rows.sort((a, b) => compareText(a.function_id, b.function_id));
}

/** Makes and seals the rows of one batch, or finds them sealed. Idempotent: a reply that is stored is not asked for again. */
export async function promptBatch(deps: ActivityDeps, input: BatchInput): Promise<BatchResult> {
  const beat = { done: 0, total: 0 };
  return await withHeartbeat(
    () => ({ v: 1, ...beat, durable: beat.done }),
    async (signal): Promise<BatchResult> => {
      const work = await openWork(deps, input);
      const { store, llm, askings } = work;
      beat.total = askings.length;
      const contentKey = contentKeyOf({
        pass: 'prompt',
        passVersion: PASS_VERSION,
        specPart: { llm },
        environment: null,
        inputDigests: askings.flatMap(({ functionId, messages, isAsked }) => [
          functionId,
          requestDigestOf(messages, llm),
          canonicalJson(isAsked),
        ]),
      });
      return await sealedBatch({ store, input, table: PROMPTED, contentKey }, async () => {
        const onDone = (): void => {
          beat.done += 1;
        };
        const rows = await askAll(work, { signal, onDone });
        return rows === null ? null : { rows, counts: promptCounts(rows, llm) };
      });
    },
  );
}
