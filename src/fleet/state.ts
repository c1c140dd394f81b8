// What a fleet's loop knows from one decision to the next, as it lies in the store.
import { z } from 'zod';

const ms = z.number();
const msOrNull = z.number().nullable();

const vmSchema = z.object({
  id: z.string(),
  host: z.string(),
  launchedAtMs: ms,
  /** First time its worker was seen to ask for work. */
  liveAtMs: msOrNull,
  drainAtMs: msOrNull,
  /** True where we asked for the drain, false where the provider took the machine. */
  isOurs: z.boolean(),
});

const passSchema = z.object({
  /** Batches that were done when the fleet first saw the pass. */
  from: z.number(),
  slotMs: ms,
  /** That a batch was seen to run, whether or not it has ended. */
  longestMs: ms,
});

/** What machines cost for a job. */
const billSchema = z.object({ vmMs: ms, money: z.number(), lastAtMs: ms });

const reasonSchema = z.object({ kind: z.string(), text: z.string() });

export const fleetStateSchema = z.object({
  desired: z.number().int().nonnegative(),
  window: z.number().int().positive(),
  reasons: z.array(reasonSchema),
  decidedAtMs: ms,
  grownAtMs: msOrNull,
  shrunkAtMs: msOrNull,
  idleSinceMs: msOrNull,
  vms: z.array(vmSchema),
  /** Machines that are gone: how long they ran, how many, and how many of them the provider took away. */
  goneMs: ms,
  gone: z.number().int(),
  interrupted: z.number().int(),
  /** Machines that ended before their worker asked for work, since the last one that did. */
  failedStarts: z.number().int(),
  /** By job and pass. */
  passes: z.record(z.string(), passSchema),
  /** By job: its part of the machines' time, and of what they cost by the price at the time. */
  jobs: z.record(z.string(), billSchema).default({}),
  /** Boots of machines that were seen to go live: their sum and number. */
  bootMs: ms,
  boots: z.number().int(),
  /** Of the last round. */
  facts: z.object({
    batches: z.number(),
    slotMs: msOrNull,
    backlog: z.number(),
    backlogAgeMs: ms.default(0),
    slotsLive: z.number(),
    slotsBusy: z.number(),
    spent: z.number(),
  }),
  /** The fault that the loop waits out; null where all is well. */
  fault: z.object({ kind: z.string(), message: z.string() }).nullable(),
});

export type FleetState = z.infer<typeof fleetStateSchema>;
export type KnownVm = z.infer<typeof vmSchema>;

export const EMPTY_STATE: FleetState = {
  desired: 0,
  window: 8,
  reasons: [],
  decidedAtMs: 0,
  grownAtMs: null,
  shrunkAtMs: null,
  idleSinceMs: null,
  vms: [],
  goneMs: 0,
  gone: 0,
  interrupted: 0,
  failedStarts: 0,
  passes: {},
  jobs: {},
  bootMs: 0,
  boots: 0,
  facts: {
    ...{ batches: 0, slotMs: null, backlog: 0, backlogAgeMs: 0 },
    ...{ slotsLive: 0, slotsBusy: 0, spent: 0 },
  },
  fault: null,
};
