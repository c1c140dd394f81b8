// The --json answers of the commands that read, judge and compare data sets.
import { z } from 'zod';

const count = z.number().int().nonnegative();

const ledgerRow = z
  .strictObject({
    unit: z.enum(['record', 'function', 'input', 'invocation']),
    id: z.string(),
    parent_id: z.string().nullable(),
    stage: z.enum(['ingest', 'unique', 'synthesize', 'trace', 'refine', 'publish']),
    outcome: z.string(),
    verdict: z.enum(['accepted', 'rejected', 'duplicate']).nullable(),
    reasons: z.array(z.string()).readonly(),
    keeper_id: z.string().nullable(),
    file: z.string().nullable(),
    row: count.nullable(),
    origin: z
      .enum(['given', 'doctest', 'test', 'fuzz', 'llm'])
      .nullable()
      .describe('where an input comes from'),
  })
  .readonly();

export const show = z.strictObject({
  set: z.string(),
  file: z.string().describe('relative to the set'),
  row: count,
  trace: z
    .record(z.string(), z.unknown())
    .describe('the row (docs/data-set.md), its `events` decoded (docs/trace-format.md)'),
});
export const why = z.strictObject({
  set: z.string(),
  thing: z.string(),
  cut: z.boolean().describe('true where there are more links than were read'),
  links: z.array(ledgerRow).readonly().describe('rows of the ledger (docs/data-set.md)'),
});
const verdictCounts = z
  .strictObject({ accepted: count, rejected: count, duplicates: count })
  .readonly();
export const judged = z.strictObject({
  jobId: z.string(),
  workflowId: z.string(),
  dryRun: z.boolean(),
  revision: z.number().int().positive().describe('the revision that was judged'),
  policy: z.string(),
  invocations: count.describe('those that have an outcome'),
  before: verdictCounts,
  after: verdictCounts,
  rowsIn: count.describe('accepted now and not before'),
  rowsOut: count.describe('accepted before and not now'),
  changed: count.describe('accepted by neither, for other reasons'),
  reasons: z
    .array(z.strictObject({ reason: z.string(), before: count, after: count }).readonly())
    .readonly(),
  examples: z
    .array(
      z
        .strictObject({
          change: z.enum(['in', 'out', 'changed']),
          id: z.string().describe('of the row'),
          before: z.array(z.string()).readonly(),
          after: z.array(z.string()).readonly(),
        })
        .readonly(),
    )
    .readonly(),
});
export const publish = z.strictObject({
  jobId: z.string(),
  workflowId: z.string(),
  revision: z.number().int().positive().describe('the revision that begins'),
  from: z.number().int().positive().describe('the revision whose traces it publishes'),
  set: z.string(),
  policy: z.string(),
});
export const render = z.strictObject({
  jobId: z.string(),
  workflowId: z.string(),
  revision: z.number().int().positive().describe('the revision that begins'),
  from: z.number().int().positive().describe('the revision whose traces it renders'),
  set: z.string(),
  formats: z.array(z.string()).readonly(),
});
export const sample = z.strictObject({
  set: z.string(),
  reason: z.string().nullable(),
  seed: count,
  found: count.describe('how many there are'),
  rows: z
    .array(
      z
        .strictObject({
          link: ledgerRow.describe('the row of the ledger'),
          trace: z
            .record(z.string(), z.unknown())
            .nullable()
            .describe('the published row without its events; null where there is none'),
        })
        .readonly(),
    )
    .readonly(),
});
const textCounts = z.record(z.string(), count).readonly().nullable();
export const diff = z.strictObject({
  before: z.string(),
  after: z.string(),
  same: count.describe('rows that are the same to the last byte'),
  texts: z
    .strictObject({
      before: textCounts.describe('examples by format of the older version; null: it has none'),
      after: textCounts.describe('those of the newer one'),
      same: z.boolean().describe('whether all files of texts have the same bytes'),
    })
    .readonly(),
  changes: z
    .array(
      z
        .strictObject({
          change: z.enum(['added', 'removed', 'changed', 'rejected']),
          why: z.string(),
          rows: count,
        })
        .readonly(),
    )
    .readonly()
    .describe('all rows that are not the same, by why'),
  rows: z
    .array(
      z
        .strictObject({
          change: z.enum(['added', 'removed', 'changed', 'rejected']),
          why: z.string(),
          functionId: z.string(),
          inputId: z.string(),
          name: z.string(),
          before: z.string().nullable().describe('row id'),
          after: z.string().nullable(),
        })
        .readonly(),
    )
    .readonly()
    .describe('the first of them; all with --to'),
});
export const exported = z.strictObject({
  set: z.string(),
  to: z.string(),
  as: z.enum(['parquet', 'jsonl']),
  bytes: count,
  files: z
    .array(
      z
        .strictObject({
          name: z.string().describe('relative to where the set was exported to'),
          bytes: count,
          digest: z.string().describe('SHA-256'),
          how: z.enum(['written', 'there']),
        })
        .readonly(),
    )
    .readonly(),
});
export const verify = z.strictObject({
  set: z.string(),
  objects: count,
  rows: count,
  holds: z.boolean().describe('the replay included'),
  checks: z
    .array(
      z
        .strictObject({
          name: z.string(),
          holds: z.boolean(),
          detail: z.string(),
          object: z.string().nullable().describe('key of the object at fault'),
        })
        .readonly(),
    )
    .readonly(),
  replay: z
    .strictObject({
      share: z.number(),
      seed: count,
      drawn: count,
      agreed: count,
      disagreed: count,
      skipped: count.describe('of kinds that the reference tracer does not follow'),
      disagreements: z
        .array(
          z
            .strictObject({
              id: z.string(),
              file: z.string(),
              row: count,
              differs: z.array(z.string()).readonly().describe('names of columns'),
            })
            .readonly(),
        )
        .readonly()
        .describe('the first hundred'),
      record: z.string().describe('key of the record in the bucket'),
    })
    .readonly()
    .nullable()
    .describe('with --replay, and where all else holds'),
});
