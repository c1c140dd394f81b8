// Starts the replay of a published set and waits for its end.
import type { Client } from '@temporalio/client';
import type { ReplayInput, ReplayReport } from '../contract/replay.ts';
import { windowFor } from '../core/dispatch.ts';
import { verificationKey, verificationsPrefix } from '../core/keys.ts';
import { readSetManifest } from '../store/manifest.ts';
import { highestNumber } from '../store/numbered-keys.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { readJson } from '../store/seal.ts';
import { replayedEntries } from '../store/set-files.ts';
import { calling } from './calls.ts';
import { workflowIdOf } from './client.ts';
import { resultOf } from './workflow-end.ts';

export interface ReplayRequest {
  readonly store: ObjectStore;
  /** `name@version`. */
  readonly set: string;
  /** From 0 to 1. */
  readonly share: number;
  readonly seed: number;
  readonly queuePrefix: string;
  readonly slots: number;
}

export interface StartedReplay {
  readonly workflowId: string;
  /** Key of the record. */
  readonly key: string;
  /** Resolves when the record is there. Throws AppError of the workflow's failure. */
  readonly report: () => Promise<ReplayReport>;
}

/** Throws AppError `object-missing` where the set is not published, `temporal-unreachable`, `store-*`. */
export async function startReplay(client: Client, request: ReplayRequest): Promise<StartedReplay> {
  const { store, set, share, seed, queuePrefix, slots } = request;
  const manifest = await readSetManifest(store, set);
  const { jobId, revision, spec, environment } = manifest;
  const input: ReplayInput = {
    ...{ v: 1, bucket: store.bucket, set, jobId, revision, share, seed },
    environment: (environment as { readonly id: string }).id,
    // Those that were begun count too.
    number: (await highestNumber(store, verificationsPrefix(jobId, revision))) + 1,
    files: replayedEntries({ store, manifest }).length,
    window: windowFor(slots),
    queuePrefix,
  };
  const workflowId = `${workflowIdOf(spec.name, jobId)}/replay/${String(revision)}-${String(input.number)}`;
  const handle = await calling(client, () =>
    client.workflow.start('replaySet', {
      taskQueue: `${queuePrefix}job`,
      workflowId,
      args: [input],
      staticSummary: `replay ${String(100 * share)} % of ${set} by the reference tracer`,
    }),
  );
  const key = verificationKey(input);
  return {
    workflowId,
    key,
    report: async () => {
      await resultOf(handle, 'replay');
      return (await readJson(store, key)) as ReplayReport;
    },
  };
}
