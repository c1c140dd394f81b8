// The pass render: what the traces of one published file offer as training texts, and how their states follow one another.
import type { BatchInput, BatchResult } from '../src/contract/job.ts';
import type { TraceRow } from '../src/contract/row.ts';
import type { RenderRow } from '../src/contract/sealed-rows.ts';
import { contentKeyOf } from '../src/identity/digest.ts';
import { sourceKey } from '../src/identity/text-keys.ts';
import { Offers, Steps, offerSpecOf } from '../src/render/offers.ts';
import type { OfferSpec } from '../src/render/offers.ts';
import { GroupedWriter } from '../src/store/grouped-writer.ts';
import { readPublishPlan } from '../src/store/publish-plan.ts';
import { sealedBatch } from '../src/store/sealed-batch.ts';
import type { WrittenTable } from '../src/store/sealed-batch.ts';
import { RENDERED } from '../src/store/tables.ts';
import { publishedTraces, traceFileDigest } from '../src/store/text-source.ts';
import type { ActivityDeps } from './deps.ts';
import { loadSpec } from './load-spec.ts';

/** Rises with every change of what a text says or of which ones there are. */
const PASS_VERSION = 3;

/** Rows of a file, one behind: the steps of a function stand on its last trace. */
class RenderFile {
  readonly #rows = new GroupedWriter(RENDERED);
  readonly #offers: Offers;
  readonly #steps = new Steps();
  #last: RenderRow | null = null;

  constructor(spec: OfferSpec) {
    this.#offers = new Offers(spec);
  }

  take(row: TraceRow): void {
    const { function_id, id, repository, source, outcome } = row;
    this.#write(this.#last?.function_id !== function_id);
    this.#steps.take(row);
    const offers = this.#offers.take(row) ?? [];
    this.#last = {
      trace_id: id,
      function_id,
      repository,
      raised: outcome === 'raised' ? 1 : 0,
      source_key: sourceKey(source),
      examples: offers.map(({ key }) => key).join(''),
      steps: '',
    };
  }

  finish(): WrittenTable<RenderRow> {
    this.#write(true);
    const counts = { ...this.#offers.counts, ...this.#steps.counts };
    return { writer: this.#rows.finish(), counts };
  }

  #write(isLast: boolean): void {
    const row = this.#last;
    if (row === null) return;
    this.#rows.add(isLast ? { ...row, steps: this.#steps.finish() } : row);
  }
}

/** Idempotent: answers from the page or the object where one of them is there. */
export async function renderBatch(
  deps: Pick<ActivityDeps, 'storeOf'>,
  input: BatchInput,
): Promise<BatchResult> {
  const store = deps.storeOf(input.bucket);
  const spec = offerSpecOf(await loadSpec(store, input));
  const plan = await readPublishPlan(store, input);
  const index = input.batchIndex;
  const contentKey = contentKeyOf({
    pass: 'render',
    passVersion: PASS_VERSION,
    specPart: spec,
    environment: null,
    inputDigests: [await traceFileDigest(store, input, { plan, index })],
  });
  return await sealedBatch({ store, input, table: RENDERED, contentKey }, async () => {
    const file = new RenderFile(spec);
    for await (const row of publishedTraces(store, plan, index)) file.take(row);
    return file.finish();
  });
}
