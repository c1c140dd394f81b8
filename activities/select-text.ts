// The pass select: which of all offered examples become rows of `text`. One decision over the whole set: each example once,
// the first in the order of the set, and no more than the bounds of `balance` allow.
import type { BatchCounts, BatchInput, BatchResult } from '../src/contract/job.ts';
import type { SelectRow } from '../src/contract/sealed-rows.ts';
import type { BalanceSpec } from '../src/contract/text.ts';
import { TraceFacts } from '../src/core/text-balance.ts';
import { contentKeyOf } from '../src/identity/digest.ts';
import { KEY_LENGTH } from '../src/identity/text-keys.ts';
import { readPages } from '../src/store/ledger-pages.ts';
import type { ObjectStore } from '../src/store/object-store.ts';
import { readPublishPlan, traceFiles } from '../src/store/publish-plan.ts';
import { sealedBatch } from '../src/store/sealed-batch.ts';
import { findShared, sharedSources } from '../src/store/shared-sources.ts';
import type { RenderObjects } from '../src/store/shared-sources.ts';
import { openStored } from '../src/store/stored-table.ts';
import { RENDERED, SELECTED } from '../src/store/tables.ts';
import type { ActivityDeps } from './deps.ts';
import { loadSpec } from './load-spec.ts';

/** Rises with every change of what this pass decides. */
const PASS_VERSION = 1;

const NO_BOUNDS: BalanceSpec = { perRepositoryMax: null, raisingMax: null, perFunctionMax: null };

function objectsOf(store: ObjectStore, keys: readonly string[]): RenderObjects {
  return async function* objects() {
    for (const [part, key] of keys.entries()) {
      const file = await openStored(store, RENDERED, key);
      for await (const rows of file.chunks()) yield { part, rows };
    }
  };
}

/** One byte for each example of the set. */
class Examples {
  #kept = new Uint8Array(1024);
  length = 0;

  push(count: number): void {
    while (this.length + count > this.#kept.length) {
      const kept = new Uint8Array(this.#kept.length * 2);
      kept.set(this.#kept);
      this.#kept = kept;
    }
    this.#kept.fill(1, this.length, this.length + count);
    this.length += count;
  }

  drop(example: number): void {
    this.#kept[example] = 0;
  }

  isKept(example: number): boolean {
    return this.#kept[example] === 1;
  }

  /** How many of a range are kept. */
  count(from: number, to: number): number {
    let count = 0;
    for (let example = from; example < to; example += 1) count += this.#kept[example] ?? 0;
    return count;
  }

  /** A bit for each of a range, the lowest of a byte first. */
  bits(from: number, to: number): string {
    const bytes = Buffer.alloc(Math.ceil((to - from) / 8));
    for (let example = from; example < to; example += 1) {
      const place = example - from;
      if (this.isKept(example)) bytes[place >> 3] = (bytes[place >> 3] ?? 0) | (1 << (place & 7));
    }
    return bytes.toString('base64');
  }
}

interface Selection {
  readonly rows: readonly SelectRow[];
  readonly counts: BatchCounts;
}

/** Holds a byte for each example, some 20 for each trace, and a few bits for each function. */
async function select(
  objects: RenderObjects,
  { parts, balance }: { readonly parts: number; readonly balance: BalanceSpec },
): Promise<Selection> {
  const examples = new Examples();
  const facts = new TraceFacts();
  const counts: number[] = [];
  /** Where the examples of each file begin. */
  const starts = Array.from({ length: parts + 1 }, () => 0);
  for await (const { part, rows } of objects()) {
    for (const row of rows) {
      facts.add({ id: row.trace_id, repository: row.repository, raised: row.raised === 1 });
      const offered = row.examples.length / KEY_LENGTH;
      counts.push(offered);
      examples.push(offered);
    }
    starts[part + 1] = examples.length;
  }
  // A file without rows begins where the one before it ends.
  for (let part = 1; part <= parts; part += 1) {
    starts[part] = Math.max(starts[part] ?? 0, starts[part - 1] ?? 0);
  }
  const shared = await findShared(objects, await sharedSources(objects), (example) => {
    examples.drop(example);
  });
  const distinct = examples.count(0, examples.length);
  dropUnbalanced(examples, { facts, counts, balance });
  const kept = examples.count(0, examples.length);
  return {
    rows: Array.from({ length: parts }, (_, part) => ({
      part,
      kept: examples.bits(starts[part] ?? 0, starts[part + 1] ?? 0),
    })),
    counts: {
      duplicates: examples.length - distinct,
      overBalance: distinct - kept,
      kept,
      statesShared: shared.repeated,
      ambiguous: shared.ambiguous,
    },
  };
}

function dropUnbalanced(
  examples: Examples,
  of: {
    readonly facts: TraceFacts;
    readonly counts: readonly number[];
    readonly balance: BalanceSpec;
  },
): void {
  const { facts, counts, balance } = of;
  let first = 0;
  for (const [trace, offered] of counts.entries()) {
    facts.setExamples(trace, examples.count(first, first + offered));
    first += offered;
  }
  const kept = facts.kept(balance);
  first = 0;
  for (const [trace, offered] of counts.entries()) {
    const end = first + offered;
    for (; first < end; first += 1) if (kept[trace] === 0) examples.drop(first);
  }
}

/** Idempotent: answers from the page or the object where one of them is there. */
export async function selectText(
  deps: Pick<ActivityDeps, 'storeOf'>,
  input: BatchInput,
): Promise<BatchResult> {
  const store = deps.storeOf(input.bucket);
  const { balance = NO_BOUNDS } = await loadSpec(store, input);
  const parts = traceFiles(await readPublishPlan(store, input)).length;
  const pages = await readPages(store, input, { pass: 'render', batchCount: parts });
  const { perRepositoryMax, raisingMax } = balance;
  const contentKey = contentKeyOf({
    pass: 'select',
    passVersion: PASS_VERSION,
    specPart: { perRepositoryMax, raisingMax },
    environment: null,
    inputDigests: pages.map(({ digest }) => digest),
  });
  const objects = objectsOf(
    store,
    pages.map(({ key }) => key),
  );
  return await sealedBatch({ store, input, table: SELECTED, contentKey }, () =>
    select(objects, { parts, balance }),
  );
}
