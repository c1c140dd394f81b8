// Starts the replay of a published set and waits for its end.
import { WorkflowFailedError } from '@temporalio/client';
import type { Client, WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { ERROR_CODES } from '../contract/error-code.ts';
import type { ReplayInput, ReplayReport } from '../contract/replay.ts';
import { windowFor } from '../core/dispatch.ts';
import { verificationKey, verificationsPrefix } from '../core/keys.ts';
import { readSetManifest } from '../store/manifest.ts';
import { highestNumber } from '../store/numbered-keys.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { readJson } from '../store/seal.ts';
import { replayedEntries } from '../store/set-files.ts';
import { AppError } from '../errors.ts';
import { calling } from './calls.ts';
import { workflowIdOf } from './client.ts';

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

/** What ended the replay, under the code of the fault at its root; `pass-failed` where that has none. */
function faultOf(error: WorkflowFailedError): AppError {
  let root: Error = error;
  while (!(root instanceof ApplicationFailure) && root.cause instanceof Error) root = root.cause;
  const type = root instanceof ApplicationFailure ? root.type : 'pass-failed';
  const code = ERROR_CODES.find((known) => known === type) ?? 'internal';
  return new AppError(code, `the replay failed: ${root.message}`, { cause: error });
}

async function ended(handle: WorkflowHandle): Promise<void> {
  try {
    await handle.result();
  } catch (error) {
    throw error instanceof WorkflowFailedError ? faultOf(error) : error;
  }
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
      await ended(handle);
      return (await readJson(store, key)) as ReplayReport;
    },
  };
}
