// The pass text: writes the file of training texts that belongs to one published file of traces.
import type { BatchInput, BatchResult } from '../src/contract/job.ts';
import { setPrefix } from '../src/core/keys.ts';
import { Offers, offerSpecOf } from '../src/render/offers.ts';
import { textRow } from '../src/render/text-rows.ts';
import { writePage } from '../src/store/ledger-pages.ts';
import { doneBatch } from '../src/store/sealed-batch.ts';
import { readPublishPlan, textFileOf } from '../src/store/publish-plan.ts';
import { PublishedFile } from '../src/store/published-table.ts';
import { sealObject } from '../src/store/seal.ts';
import { TEXT } from '../src/store/tables.ts';
import { keptExamples, publishedTraces } from '../src/store/text-source.ts';
import type { ActivityDeps } from './deps.ts';
import { loadSpec } from './load-spec.ts';

/**
 * Makes again what the pass render found, which costs less than to keep it. Writes strictly: the same bytes are success.
 * Throws AppError `shard-conflict` where the file is there with others.
 */
export async function publishText(
  deps: Pick<ActivityDeps, 'storeOf'>,
  input: BatchInput,
): Promise<BatchResult> {
  const store = deps.storeOf(input.bucket);
  const { batchIndex } = input;
  const done = await doneBatch(store, input);
  if (done !== null) return done;
  const offers = new Offers(offerSpecOf(await loadSpec(store, input)));
  const plan = await readPublishPlan(store, input);
  const kept = await keptExamples(store, input, batchIndex);
  const file = new PublishedFile(TEXT);
  const counts: Record<string, number> = {};
  for await (const row of publishedTraces(store, plan, batchIndex)) {
    for (const { example } of offers.take(row) ?? []) {
      if (!kept.next()) continue;
      file.add(textRow(row, example));
      const name = `format.${example.format}`;
      counts[name] = (counts[name] ?? 0) + 1;
    }
  }
  const { body, ...facts } = file.finish();
  const key = textFileOf(plan, batchIndex);
  await sealObject(store, `${setPrefix(plan.set)}${key}`, body);
  const { rows, digest } = facts;
  const files = [{ key, ...facts }];
  const told = { textRows: rows, ...counts };
  const at = `${setPrefix(plan.set)}${key}`;
  await writePage(store, input, { key: at, digest, rows, counts: told, files });
  return { v: 1, batchIndex, how: 'sealed', counts: told };
}
