// The parts of launch's --json answer that tell of a pilot and of a dry run.
import { z } from 'zod';

const count = z.number().int().nonnegative();

export const HOWS = ['started', 'found', 'continued'] as const;
const how = z.enum(HOWS);

const estimateFields = {
  value: z.number().nonnegative(),
  low: z.number().nonnegative().describe('of the 95 % interval'),
  high: z.number().nonnegative(),
};
const estimate = z.strictObject(estimateFields).readonly();
const fleetFields = {
  fleet: z.string(),
  slotsPerVm: z.number().int().positive(),
  bootSeconds: z.number().nonnegative(),
  pricePerVmHour: z.number().nonnegative().describe("of the fleet's document, in any unit"),
  machines: count.describe('that the policy of the fleet would have'),
  vmHours: estimate.describe('one boot for each machine included'),
  money: estimate,
  hours: estimate.describe('from the first launch to the end'),
};
export const pilot = z
  .strictObject({
    sampled: count.describe('records that the pilot took'),
    records: count.describe('records of the corpora'),
    seed: count,
    slots: z.number().int().positive(),
    functions: estimate.describe('of the whole corpora, as are all that follow'),
    invocations: estimate,
    accepted: estimate,
    faulted: estimate,
    yield: estimate.nullable().describe('accepted of all invocations, from 0 to 1'),
    reasons: z
      .array(z.strictObject({ reason: z.string(), ...estimateFields }).readonly())
      .readonly()
      .describe('the most frequent ones'),
    bytes: estimate.nullable().describe('of the files of accepted rows'),
    slotHours: estimate.nullable().describe('null where Temporal has forgotten the times'),
    hours: estimate.nullable().describe('with so many slots'),
    money: estimate.nullable().describe('null where no price was given'),
    fleet: z.strictObject(fleetFields).readonly().nullable().describe('with --fleet'),
  })
  .readonly();
export const plan = z
  .strictObject({
    jobId: z.string(),
    workflowId: z.string(),
    how: how.describe('what a launch would answer'),
    revision: z.number().int().positive(),
    set: z.string(),
    isSetFree: z.boolean(),
    uploadBytes: count.describe('of corpora that the store does not have'),
    records: count.nullable().describe('null where the library is left to be listed'),
    batches: count.nullable(),
    environment: z.string().nullable().describe('of the newest job'),
    ingestSealed: count.describe('batches whose records were read before'),
    trace: z
      .strictObject({ batchesSealed: count, invocations: count, toRun: count })
      .readonly()
      .nullable()
      .describe('null where records are left to be read'),
    llm: z
      .strictObject({
        model: z.string(),
        budgetUsd: z.number().nonnegative(),
        functions: count.nullable().describe('that the budget reaches; null where not known yet'),
        atMostUsd: z.number().nonnegative().nullable().describe('set aside for these'),
        likelyUsd: z.number().nonnegative().nullable().describe('what they are likely to cost'),
      })
      .readonly()
      .nullable()
      .describe('null where no language model is asked'),
    fleet: z
      .strictObject({
        ...fleetFields,
        rateOf: z.string().describe("job whose batches were measured, or the fleet's document"),
        slotMsPerRecord: z.number().nonnegative(),
      })
      .readonly()
      .nullable()
      .describe('with --fleet; null where nobody knows how long batches take'),
  })
  .readonly();
