// Replay of a published set, one file at a time: the drawn rows run once more under the reference tracer, and what differs
// is recorded beside the revision, per file and as a whole.
import { createHash } from 'node:crypto';
import type { InvocationRequest } from '../src/contract/execution.ts';
import type { FunctionId, InputId } from '../src/contract/ids.ts';
import type { Granularity, Scope, FunctionKind } from '../src/contract/function.ts';
import type { Limits } from '../src/contract/limits.ts';
import type {
  Disagreement,
  ReplayAddress,
  ReplayCounts,
  ReplayFileInput,
  ReplayInput,
  ReplayReport,
  ReplayedFile,
} from '../src/contract/replay.ts';
import type { ObjectEntry, TraceRow } from '../src/contract/row.ts';
import { verificationFileKey, verificationKey } from '../src/core/keys.ts';
import { addReplayed, isFollowed, replayDiffers } from '../src/core/replay.ts';
import { executionColumns } from '../src/core/trace-row.ts';
import { AppError } from '../src/errors.ts';
import { invocationIdOf } from '../src/identity/digest.ts';
import { pathDigestOf } from '../src/identity/row-digest.ts';
import { readSetManifest } from '../src/store/manifest.ts';
import type { ObjectStore } from '../src/store/object-store.ts';
import { rowReader } from '../src/store/row-reader.ts';
import { jsonBytes, readJson, readJsonIfThere } from '../src/store/seal.ts';
import { openRows, replayedEntries } from '../src/store/set-files.ts';
import type { SetFiles } from '../src/store/set-files.ts';
import type { ActivityDeps } from './deps.ts';
import { executeInvocation } from './execute-invocation.ts';
import { withHeartbeat } from './heartbeat.ts';
import { poolOf, requireEnvironment } from './probe-environment.ts';
import { readExecution } from './read-execution.ts';

/** One page of a terminal, and then some. */
const DISAGREEMENTS_MAX = 100;
const RANK_BITS = 48;
const EMPTY_PATH = pathDigestOf([]);

/** Whether a seed draws a row: of many rows, about the share. */
function isDrawn(id: string, { share, seed }: ReplayAddress): boolean {
  if (share >= 1) return true;
  const digest = createHash('sha256')
    .update(`${String(seed)} ${id}`)
    .digest();
  return digest.readUIntBE(0, RANK_BITS / 8) / 2 ** RANK_BITS < share;
}

async function* drawnRows(
  files: SetFiles,
  entry: ObjectEntry,
  input: ReplayFileInput,
): AsyncGenerator<{ readonly row: TraceRow; readonly index: number }> {
  const file = await openRows(files, entry);
  const read = rowReader(file);
  for await (const { from, rows } of file.columnChunks(['id'])) {
    for (const [offset, { id }] of rows.entries()) {
      if (!isDrawn(id, input)) continue;
      const index = from + offset;
      const row = await read(index);
      if (row !== undefined) yield { row, index };
    }
  }
}

function requestOf(row: TraceRow): InvocationRequest {
  const functionId = row.function_id as FunctionId;
  const inputId = row.input_id as InputId;
  const granularity = row.granularity as Granularity;
  const scope = row.scope as Scope;
  const limits = JSON.parse(row.limits) as Limits;
  const ids = { functionId, inputId, granularity, scope, limits };
  const { source, entry, setup, call, stdin } = row;
  return {
    ...{ invocationId: invocationIdOf(ids), kind: row.kind as FunctionKind, granularity, scope },
    ...{ limits, source, entry, setup, call, stdin, backend: 'reference' },
  };
}

type Replay = (row: TraceRow) => Promise<readonly string[] | null>;

/** Names of columns in which the reference tells otherwise; null where it lost its sandbox, which says nothing. */
function replayOn(deps: ActivityDeps, signal: AbortSignal): Replay {
  const pool = poolOf(deps);
  return (row) =>
    pool.use(async (slot) => {
      const end = await executeInvocation(
        {
          slot,
          alone: (run) => pool.alone(run, signal),
          read: readExecution,
          confirm: 'none',
          signal,
          log: deps.log,
        },
        requestOf(row),
      );
      if (end.kind === 'faulted') return null;
      return replayDiffers(row, executionColumns(end, EMPTY_PATH));
    }, signal);
}

interface Opened {
  readonly files: SetFiles;
  readonly entry: ObjectEntry;
}

async function openFile(store: ObjectStore, input: ReplayFileInput): Promise<Opened> {
  const files: SetFiles = { store, manifest: await readSetManifest(store, input.set) };
  const entry = replayedEntries(files)[input.fileIndex];
  if (entry !== undefined) return { files, entry };
  throw new AppError(
    'object-missing',
    `set ${JSON.stringify(input.set)} has fewer files than it had`,
  );
}

/** Idempotent: what an earlier attempt recorded is the answer. Throws AppError `environment-mismatch`, `store-*`. */
export async function replayFile(
  deps: ActivityDeps,
  input: ReplayFileInput,
): Promise<ReplayCounts> {
  const store = deps.storeOf(input.bucket);
  const { files, entry } = await openFile(store, input);
  const key = verificationFileKey(input, input.fileIndex);
  const known = await readJsonIfThere(store, key);
  if (known !== null) return countsOf(known as ReplayedFile);
  let drawn = 0;
  return await withHeartbeat(
    () => ({ v: 1, done: drawn, total: entry.rows, durable: 0 }),
    async (signal) => {
      await requireEnvironment(poolOf(deps), input.environment, signal);
      const replay = replayOn(deps, signal);
      const counts = { agreed: 0, disagreed: 0, skipped: 0 };
      const disagreements: Disagreement[] = [];
      for await (const { row, index } of drawnRows(files, entry, input)) {
        signal.throwIfAborted();
        drawn += 1;
        if (!isFollowed(row)) {
          counts.skipped += 1;
          continue;
        }
        const differs = await replay(row);
        if (differs === null) {
          counts.skipped += 1;
          continue;
        }
        counts[differs.length === 0 ? 'agreed' : 'disagreed'] += 1;
        if (differs.length === 0 || disagreements.length >= DISAGREEMENTS_MAX) continue;
        disagreements.push({ id: row.id, file: entry.key, row: index, differs });
      }
      const made: ReplayedFile = { v: 1, file: entry.key, drawn, ...counts, disagreements };
      await store.putIfAbsent(key, jsonBytes(made), { contentType: 'application/json' });
      return countsOf(made);
    },
  );
}

const countsOf = ({ drawn, agreed, disagreed, skipped }: ReplayCounts): ReplayCounts => ({
  ...{ drawn, agreed, disagreed, skipped },
});

/** Puts the files together: `verifications/<n>.json` exists only where all of them were replayed. */
export async function recordReplay(
  deps: Pick<ActivityDeps, 'storeOf'>,
  input: ReplayInput,
): Promise<ReplayCounts> {
  const store = deps.storeOf(input.bucket);
  const files: (ReplayCounts & { readonly file: string })[] = [];
  const disagreements: Disagreement[] = [];
  for (let index = 0; index < input.files; index += 1) {
    const key = verificationFileKey(input, index);
    const made = (await readJson(store, key)) as ReplayedFile;
    files.push({ file: made.file, ...countsOf(made) });
    disagreements.push(...made.disagreements);
  }
  const { set, share, seed } = input;
  const counts = addReplayed(files);
  const report: ReplayReport = {
    ...{ v: 1, set, tracer: 'reference', share, seed },
    ...{ ...counts, files, disagreements: disagreements.slice(0, DISAGREEMENTS_MAX) },
  };
  await store.putIfAbsent(verificationKey(input), jsonBytes(report), {
    contentType: 'application/json',
  });
  return counts;
}
