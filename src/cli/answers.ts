// The --json answer of each command. Commands use the types only; docs/cli.md and its test use the schemas, so that the
// page, the types and what is printed stay the same thing.
import { z } from 'zod';
import { PASS_ORDER } from '../core/plan.ts';
import { fleet, userData } from './fleet-answers.ts';
import { image } from './image-answers.ts';
import { HOWS, pilot, plan } from './launch-answers.ts';
import {
  diff,
  exported,
  judged,
  publish,
  render,
  sample,
  show,
  verify,
  why,
} from './set-answers.ts';

const count = z.number().int().nonnegative();
const milliseconds = z.number().int().nonnegative();

const job = z
  .strictObject({
    jobId: z.string().describe('digest that names the job'),
    workflowId: z.string().describe("readable id, as Temporal's own UI shows it"),
    name: z.string(),
    revision: z.number().int().positive(),
    state: z.enum(['running', 'paused', 'published', 'failed', 'cancelled']),
    bucket: z.string(),
    set: z.string().describe('name@version under which it publishes'),
    startedAtMs: milliseconds.describe('since the epoch'),
    endedAtMs: milliseconds.nullable(),
  })
  .readonly();

const pass = z
  .strictObject({
    pass: z.enum(PASS_ORDER),
    batchesDone: count,
    batchesTotal: count,
    counts: z.record(z.string(), count).readonly(),
    startedAtMs: milliseconds,
    endedAtMs: milliseconds.nullable(),
    marks: z
      .array(
        z
          .strictObject({
            atMs: milliseconds,
            batches: count,
            functions: count,
            invocations: count,
          })
          .readonly(),
      )
      .readonly()
      .optional()
      .describe('totals at some moments of the last minutes'),
  })
  .readonly();

const perSecond = z.number().nonnegative().nullable();
const live = z
  .strictObject({
    activities: count.describe('given out and not ended'),
    slotsBusy: count.describe('of these, the ones that a slot works on'),
    retrying: z
      .array(
        z
          .strictObject({
            activity: z.string(),
            attempt: z.number().int().positive(),
            attemptsMax: count.describe('0 is no limit'),
            code: z.string().describe('why the attempt before failed'),
            message: z.string(),
          })
          .readonly(),
      )
      .readonly(),
    faults: z
      .record(z.string(), count)
      .readonly()
      .describe('activities whose last attempt failed, by code'),
    stages: z
      .array(
        z
          .strictObject({
            pass: z.enum(PASS_ORDER),
            functions: count,
            invocations: count,
            functionsPerSecond: perSecond,
            invocationsPerSecond: perSecond,
            leftMs: z.number().nonnegative().nullable(),
            byOutcome: z.record(z.string(), count).readonly(),
          })
          .readonly(),
      )
      .readonly()
      .describe('batches in flight included'),
    failures: z
      .array(
        z
          .strictObject({
            cause: z.string().describe('a reason of a verdict, or the code of a fault'),
            count: count.nullable().describe('null where only a batch in flight met it'),
            examples: z.array(z.string()).readonly(),
          })
          .readonly(),
      )
      .readonly(),
  })
  .readonly();

const progress = z
  .strictObject({
    state: z.enum(['running', 'published', 'failed', 'cancelled']),
    paused: z.boolean(),
    window: count,
    passes: z.array(pass).readonly(),
    environment: z.string().nullable(),
    lastFault: z.string().nullable(),
  })
  .readonly();

const counts = z
  .strictObject({
    recordsRead: count,
    recordsParsed: count,
    recordsRejected: count,
    functionsFound: count,
    functionsKept: count,
    functionsDuplicate: count,
    functionsContaminated: count,
    functionsRejected: count,
    functionsWithInputs: count,
    functionsWithoutInputs: count,
    inputsFound: count,
    inputsKept: count,
    inputsDropped: count,
    invocationsPlanned: count,
    invocationsFaulted: count,
    outcomes: count,
    accepted: count,
    rejected: count,
    duplicateTraces: count,
    rowsPublished: count,
    byOutcome: z.record(z.string(), count).readonly(),
    byReason: z.record(z.string(), count).readonly(),
  })
  .readonly();

const published = z
  .strictObject({
    set: z.string(),
    bucket: z.string(),
    url: z.string(),
    folder: z.string().nullable().describe('where the objects are files of this machine'),
    objects: count,
    bytes: count,
    counts,
    balance: z
      .array(
        z
          .strictObject({ name: z.string(), left: count, right: count, holds: z.boolean() })
          .readonly(),
      )
      .readonly(),
  })
  .readonly();

const causes = z
  .strictObject({
    v: z.literal(1),
    invocations: count.describe('how many were looked at'),
    causes: z
      .array(
        z
          .strictObject({
            cause: z.string().describe('a reason of a verdict, or the code of a fault'),
            count,
            examples: z.array(z.string()).readonly(),
          })
          .readonly(),
      )
      .readonly(),
  })
  .readonly();

const services = z
  .array(
    z
      .strictObject({
        service: z.string(),
        state: z.enum(['found', 'made', 'stopped', 'can-be-made', 'missing', 'not-needed']),
        detail: z.string(),
        todo: z.string().nullable().describe('what to do where it is missing'),
      })
      .readonly(),
  )
  .readonly();

const jobState = {
  job,
  failure: z.string().nullable().describe('why the job failed, as one sentence'),
  causes: causes.nullable().describe('where it failed over what invocations did'),
  progress: progress.nullable().describe('null where nothing answers for it'),
  live: live.nullable().describe('null where the job does not run'),
  published: published.nullable().describe('null unless the job has published its set'),
  cost: z
    .strictObject({
      coreHours: z
        .number()
        .nonnegative()
        .nullable()
        .describe('that slots worked; null where Temporal has forgotten them'),
      fleets: z
        .array(
          z
            .strictObject({
              name: z.string(),
              vmHours: z.number().nonnegative(),
              money: z.number().nonnegative().describe("by the prices of the fleet's document"),
            })
            .readonly(),
        )
        .readonly()
        .nullable()
        .describe(
          'its part of the machines of each that served it; null where that cannot be read',
        ),
    })
    .readonly()
    .nullable()
    .describe('of a job that has ended'),
};
const steered = z.strictObject({
  jobId: z.string(),
  workflowId: z.string(),
  asked: z.enum(['cancel', 'pause', 'resume']),
});

const queues = z
  .array(
    z
      .strictObject({
        queue: z.enum(['job', 'trace', 'llm', 'refine']),
        backlog: count.describe('activities of all jobs that wait for a slot, approximately'),
        oldestMs: milliseconds.describe('how long the oldest of them has waited'),
        isHeldBack: z
          .boolean()
          .describe('true where a rate limit of the server holds the queue back'),
        workers: z
          .array(
            z
              .strictObject({
                identity: z.string(),
                slots: count.nullable(),
                polledAtMs: milliseconds.describe('its last poll, since the epoch'),
              })
              .readonly(),
          )
          .readonly(),
      })
      .readonly(),
  )
  .readonly();
const removed = z.strictObject({ objects: count, bytes: count }).readonly();

const up = z.strictObject({ services });
const down = z.strictObject({ services });
const doctor = z.strictObject({ healthy: z.boolean(), services });
const worker = z.strictObject({
  roles: z.array(z.enum(['job', 'trace', 'llm', 'refine'])).readonly(),
  slots: z.number().int().positive().nullable(),
  drained: z.literal(true),
});
const launch = z.strictObject({
  how: z.enum([...HOWS, 'dry-run']),
  ...jobState,
  job: job.nullable().describe('null for a dry run'),
  pilot: pilot.nullable().describe('with --pilot'),
  plan: plan.nullable().describe('with --dry-run'),
});
const status = z.strictObject({
  ...jobState,
  queues: queues.nullable().describe('null where the job has ended'),
});
const jobs = z.strictObject({ jobs: z.array(job).readonly().describe('newest first') });
const workers = z.strictObject({ queues });
const scale = z.strictObject({
  jobId: z.string(),
  workflowId: z.string(),
  slots: z.number().int().positive(),
  window: z.number().int().positive().describe('batches in flight at once from now on'),
});
const retry = z.strictObject({
  jobId: z.string(),
  workflowId: z.string(),
  dryRun: z.boolean(),
  revision: z.number().int().positive().describe('the revision that begins, or would'),
  from: z.number().int().positive().describe('the revision whose other rows stay'),
  set: z.string(),
  invocations: count.describe('how many are taken up again'),
  functions: count,
  batches: count,
  byOutcome: z.record(z.string(), count).readonly().describe('of what faulted, by its code'),
});
const deleted = z.strictObject({
  jobId: z.string(),
  workflowId: z.string(),
  sets: z.array(z.string()).readonly().describe('published sets of the job'),
  setsRemoved: z.boolean(),
  removed,
  collected: z.boolean().describe('false where another job runs; `sweep` then removes the rest'),
});
const sweep = z.strictObject({
  dryRun: z.boolean(),
  parts: removed,
  content: removed,
  contentWasSwept: z.boolean().describe('false where a job runs'),
});
/** By command: one schema each, whatever the options. */
export const ANSWERS = {
  up,
  down,
  doctor,
  worker,
  launch,
  status,
  jobs,
  cancel: steered,
  pause: steered,
  resume: steered,
  scale,
  retry,
  workers,
  fleet,
  'user-data': userData,
  image,
  delete: deleted,
  sweep,
  show,
  why,
  sample,
  judge: judged,
  publish,
  render,
  diff,
  export: exported,
  verify,
} as const;

export type AnswerName = keyof typeof ANSWERS;
export type Answer<Name extends AnswerName> = z.infer<(typeof ANSWERS)[Name]>;
