// A store that has come as far as the pass trace, and a pool whose sandboxes follow a script: no code runs.
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import type { ActivityDeps } from '../../activities/deps.ts';
import { mergeUnique } from '../../activities/merge-unique.ts';
import { traceBatch } from '../../activities/trace-batch.ts';
import type { Execution, InvocationRequest } from '../../src/contract/execution.ts';
import type { EnvironmentId } from '../../src/contract/ids.ts';
import type { BatchInput, BatchResult, PassName } from '../../src/contract/job.ts';
import { DEFAULT_LIMITS } from '../../src/contract/limits.ts';
import type { FunctionPayload, IngestRow, InputPayload } from '../../src/contract/sealed-rows.ts';
import type { ResolvedSpec } from '../../src/contract/spec.ts';
import type { EndRecord } from '../../src/contract/trace.ts';
import { ledgerPagesPrefix, specKey } from '../../src/core/keys.ts';
import { contentKeyOf, functionIdOf, inputIdOf, sha256 } from '../../src/identity/digest.ts';
import { NO_METRICS } from '../../src/metrics/port.ts';
import type { SlotPool } from '../../src/sandbox/port.ts';
import type { ProbeAnswer } from '../../src/schema/probe.ts';
import { sealedBatch } from '../../src/store/sealed-batch.ts';
import { INGEST } from '../../src/store/tables.ts';
import { MemoryStore } from './memory-store.ts';
import { testLog } from './services.ts';

export const ENVIRONMENT = sha256('environment') as string as EnvironmentId;
const JOB = sha256('job');

export const SPEC: ResolvedSpec = {
  specVersion: 1,
  name: 'unit',
  corpus: [{ kind: 'jsonl', name: 'a.jsonl', digest: sha256('corpus'), map: {} }],
  unique: { exact: 'source', near: null },
  inputs: { keep: 6, from: ['given'] },
  trace: { python: '3.13', granularity: 'line', scope: 'record', sourceBytesMax: 20_000 },
  limits: DEFAULT_LIMITS,
  confirm: { invocations: 'all' },
  policy: 'default@1',
  require: { acceptedMin: null, faultsMax: null },
  output: { bucket: 'memory', set: 'unit@v1' },
};

export function batchInput(
  pass: PassName,
  batchIndex: number,
  batches: number,
  jobId: string = JOB,
): BatchInput {
  return {
    v: 1,
    jobId,
    revision: 1,
    bucket: 'memory',
    specKey: specKey(jobId),
    batchSize: 250,
    environment: ENVIRONMENT,
    planDigest: sha256('plan'),
    planBatchCount: batches,
    pass,
    batchIndex,
  };
}

const provenance = (label: string): FunctionPayload['provenance'] => ({
  label,
  repository: null,
  path: null,
  commit: null,
  qualname: 'f',
  license: null,
  licenseSource: null,
  lineStart: 1,
  lineEnd: 2,
});

/** Function `index` of a batch with the calls given: one record, one function, its inputs. */
function recordRows(index: number, source: string, calls: readonly string[]): IngestRow[] {
  const label = `a.jsonl:${String(index + 1)}`;
  const functionId = functionIdOf('source', source, 'f');
  const base = { record_index: index, position: 0, ast_digest: null, reasons: [], origin: null };
  const payload: FunctionPayload = {
    kind: 'source',
    entry: 'f',
    source,
    original: null,
    provenance: provenance(label),
  };
  return [
    { ...base, unit: 'record', id: label, parent_id: null, outcome: 'parsed', payload: null },
    {
      ...base,
      unit: 'function',
      id: functionId,
      parent_id: label,
      ast_digest: functionId,
      outcome: 'found',
      payload: JSON.stringify(payload),
    },
    ...calls.map((call, position): IngestRow => {
      const input: InputPayload = {
        setup: '',
        call,
        stdin: '',
        origin: 'given',
        llmModel: null,
      };
      return {
        ...base,
        unit: 'input',
        origin: 'given',
        position,
        id: inputIdOf({ setup: '', call, stdin: '' }),
        parent_id: functionId,
        outcome: 'found',
        payload: JSON.stringify(input),
      };
    }),
  ];
}

export interface GivenFunction {
  readonly source: string;
  readonly calls: readonly string[];
}

/** A store in which ingest and unique have run over these batches. */
export async function storeWith(
  batches: readonly (readonly GivenFunction[])[],
): Promise<MemoryStore> {
  const store = new MemoryStore();
  await addJob(store, JOB, batches);
  return store;
}

/** Runs ingest and unique of a job in a store; returns what unique told. */
export async function addJob(
  store: MemoryStore,
  jobId: string,
  batches: readonly (readonly GivenFunction[])[],
  spec: ResolvedSpec = SPEC,
): Promise<BatchResult> {
  await store.putIfAbsent(specKey(jobId), Buffer.from(JSON.stringify(spec)));
  for (const [index, functions] of batches.entries()) {
    const rows = functions.flatMap(({ source, calls }, at) => recordRows(at, source, calls));
    const contentKey = contentKeyOf({
      pass: 'ingest',
      passVersion: 1,
      specPart: null,
      environment: ENVIRONMENT,
      inputDigests: [JSON.stringify(rows)],
    });
    const input = batchInput('ingest', index, batches.length, jobId);
    await sealedBatch({ store, input, table: INGEST, contentKey }, () =>
      Promise.resolve({ rows, counts: {} }),
    );
  }
  const input = batchInput('unique', 0, batches.length, jobId);
  return await mergeUnique({ storeOf: () => store }, input);
}

/** Gives a later revision the pages of ingest and unique, as running these passes again would. */
export async function copyPages(
  store: MemoryStore,
  revisions: { readonly from: number; readonly to: number },
): Promise<void> {
  for (const pass of ['ingest', 'unique'] as const) {
    const at = (revision: number): string =>
      ledgerPagesPrefix({ ...batchInput(pass, 0, 1), revision });
    for await (const { key } of store.list(at(revisions.from))) {
      const name = key.slice(at(revisions.from).length);
      await store.putIfAbsent(`${at(revisions.to)}${name}`, await store.get(key));
    }
  }
}

const RETURNED: EndRecord = {
  outcome: 'returned',
  returnValue: '1',
  returnType: 'int',
  returnIsLiteral: true,
  exceptionType: null,
  exceptionMessage: null,
  argsAfter: null,
  labels: [],
  fuel: 3,
};

/** A stream of a header and an end record: what a sandbox sends of a child without events. */
function streamOf(granularity: number, end: EndRecord): Uint8Array {
  const name = Buffer.from('core/1');
  const json = Buffer.from(JSON.stringify(end));
  const uint = (value: number): number[] =>
    value < 128 ? [value] : [(value & 127) | 128, ...uint(value >>> 7)];
  return Buffer.concat([
    Buffer.from('TMTR\x03', 'latin1'),
    Buffer.from([granularity, ...uint(name.length)]),
    name,
    Buffer.from([0x7e, ...uint(json.length)]),
    json,
  ]);
}

export function executionOf(role: 'trace' | 'confirm', change: Partial<EndRecord>): Execution {
  return {
    exit: {
      exitCode: 0,
      signal: null,
      marker: null,
      killedBy: null,
      fuelSpent: 3,
      wallMs: 1,
      cpuMs: 1,
      starved: false,
    },
    stream: streamOf(role === 'trace' ? 1 : 3, { ...RETURNED, ...change }),
    stdoutRest: new Uint8Array(),
    stderrRest: new Uint8Array(),
  };
}

export interface ScriptedPool extends SlotPool {
  /** Calls traced, in order. */
  readonly traced: string[];
  /** First lines of the functions that were searched, in order. */
  readonly searched: string[];
}

/** `onTrace` sees each traced request before it is answered, `onProbe` the text of a function that is searched. */
export function scriptedPool(
  onTrace: (request: InvocationRequest, nth: number) => Partial<EndRecord>,
  onProbe?: (source: string) => ProbeAnswer,
): ScriptedPool {
  const traced: string[] = [];
  const searched: string[] = [];
  const slot = {
    trace: (request: InvocationRequest) => {
      const nth = traced.push(`${request.source.split('\n')[0] ?? ''} ${request.call}`);
      return Promise.resolve().then(() => executionOf('trace', onTrace(request, nth)));
    },
    confirm: () => Promise.resolve(executionOf('confirm', {})),
    probe: (request: unknown) => {
      const { source } = request as { readonly source: string };
      if (onProbe === undefined) return Promise.reject(new Error('nothing is searched here'));
      searched.push(source.split('\n')[0] ?? '');
      return Promise.resolve({ answer: onProbe(source), last: 0, how: 'exit 0' });
    },
    analyze: () => Promise.reject(new Error('nothing is analysed here')),
    serving: () => 1,
  };
  return {
    traced,
    searched,
    size: 1,
    busy: () => 0,
    environment: () =>
      Promise.resolve({ id: ENVIRONMENT, python: '3.13.5', tracer: 'core/1', facts: {} }),
    use: (work) => work(slot),
    alone: (work) => work(),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}

/** Runs the real activity on the scripted pool: that of the pass trace where no other one is given. */
export async function runTraceBatch(
  store: MemoryStore,
  pool: SlotPool,
  options: {
    readonly input: BatchInput;
    readonly drain?: AbortSignal;
    readonly batch?: typeof traceBatch;
  },
): Promise<BatchResult> {
  const batch = options.batch ?? traceBatch;
  const deps: ActivityDeps = {
    storeOf: () => store,
    pool,
    metrics: NO_METRICS,
    limitsMax: DEFAULT_LIMITS,
    log: testLog().child({}, { level: 'silent' }),
    drain: options.drain ?? new AbortController().signal,
    llm: null,
    sandboxImage: null,
  };
  const activity = (input: BatchInput): Promise<BatchResult> => batch(deps, input);
  const environment = new MockActivityEnvironment(undefined, {
    logger: new DefaultLogger('ERROR'),
  });
  return await environment.run<[BatchInput], BatchResult, typeof activity>(activity, options.input);
}
