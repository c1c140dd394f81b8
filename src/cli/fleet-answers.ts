// The --json answers of tracemill fleet, the same for each of its actions, and of user-data.
import { z } from 'zod';

const count = z.number().int().nonnegative();
const milliseconds = z.number().nonnegative();

export const fleet = z.strictObject({
  fleet: z.string(),
  isInCharge: z.boolean().describe('false where no loop runs'),
  holder: z.string().describe('process that wrote this'),
  writtenAtMs: milliseconds.describe('since the epoch: when the loop was heard of last'),
  decidedAtMs: milliseconds.describe('since the epoch'),
  desired: count.describe('machines'),
  window: count.describe('batches that each job has in flight'),
  reasons: z
    .array(z.strictObject({ kind: z.string(), text: z.string() }).readonly())
    .readonly()
    .describe('docs/fleet.md has a line for each kind'),
  machines: z
    .array(
      z
        .strictObject({
          id: z.string(),
          state: z.enum(['starting', 'live', 'leaving']),
          launchedAtMs: milliseconds,
        })
        .readonly(),
    )
    .readonly(),
  gone: count.describe('machines that ran before'),
  interrupted: count.describe('of these, the ones that were taken away'),
  batches: z.number().nonnegative().describe('left'),
  slotMs: milliseconds.nullable().describe('what they still take; null while nobody knows'),
  backlog: count.describe('batches that wait for a slot'),
  backlogAgeMs: milliseconds.describe('that the oldest of them has waited'),
  slotsLive: count,
  slotsBusy: count,
  spent: z.number().nonnegative().describe('in the unit of the price'),
  fault: z
    .strictObject({ kind: z.string(), message: z.string() })
    .readonly()
    .nullable()
    .describe('what the loop waits out'),
});

export const userData = z.strictObject({
  userData: z.string().describe('a document of cloud-init'),
});
