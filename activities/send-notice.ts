// Tells the job's address how it ended: one POST with the summary. A mark in the store says that it was taken, so that a
// repeated attempt sends nothing. Where a worker dies between the two, the notice is sent again: with the same key, by
// which the other side knows it, and the same bytes.
import type { EndNotice } from '../src/contract/job.ts';
import { noticeSentKey } from '../src/core/keys.ts';
import { AppError } from '../src/errors.ts';
import { canonicalJson } from '../src/identity/digest.ts';
import { readNoticeAddress } from '../src/store/notice-address.ts';
import { jsonBytes } from '../src/store/seal.ts';
import type { ActivityDeps } from './deps.ts';
import { loadSpec } from './load-spec.ts';

const ANSWER_MS = 15_000;
/** What will not change by itself: the address is wrong, or does not want this. */
const REFUSALS: ReadonlySet<number> = new Set([400, 401, 403, 404, 405, 410, 413, 415, 422]);

/** Names the end of a revision; the header that carries it is what others use for such keys. */
const keyOf = ({ jobId, revision, state }: EndNotice): string =>
  `${jobId}-${String(revision)}-${state}`;

async function bodyOf(deps: Pick<ActivityDeps, 'storeOf'>, notice: EndNotice): Promise<string> {
  const { specKey, result, ...told } = notice;
  const spec = await loadSpec(deps.storeOf(notice.bucket), { specKey });
  return canonicalJson({
    ...told,
    id: keyOf(notice),
    name: spec.name,
    set: spec.output.set,
    manifest: result?.manifestKey ?? null,
    counts: result?.counts ?? null,
  });
}

/** The host alone: the rest of the address may be a secret. */
function hostOf(url: string): string {
  return new URL(url).host;
}

async function post(url: string, notice: EndNotice, body: string): Promise<void> {
  let answer: Response;
  try {
    answer = await fetch(url, {
      method: 'POST',
      body,
      headers: {
        'content-type': 'application/json',
        'idempotency-key': keyOf(notice),
        'user-agent': 'tracemill',
      },
      // An address that sends elsewhere is corrected in the spec; a notice goes nowhere else by itself.
      redirect: 'manual',
      signal: AbortSignal.timeout(ANSWER_MS),
    });
  } catch (error) {
    const why = error instanceof Error && error.name === 'TimeoutError' ? 'in time' : 'at all';
    throw new AppError('notice-refused', `${hostOf(url)} does not answer ${why}`, {
      retryable: true,
    });
  }
  await answer.body?.cancel();
  if (answer.ok) return;
  const { status } = answer;
  const isFinal = REFUSALS.has(status) || (status >= 300 && status < 400);
  throw new AppError(
    'notice-refused',
    `${hostOf(url)} answered the notice with ${String(status)}`,
    { retryable: !isFinal, context: { status } },
  );
}

/** Throws AppError `notice-refused`; retryable where the address may take it later. */
export async function sendNotice(
  deps: Pick<ActivityDeps, 'storeOf' | 'log'>,
  notice: EndNotice,
): Promise<void> {
  const store = deps.storeOf(notice.bucket);
  const { jobId, revision, state } = notice;
  const mark = noticeSentKey(jobId, revision, state);
  if ((await store.head(mark)) !== null) return;
  const url = await readNoticeAddress(store, notice);
  if (url === null) {
    // The job was deleted in the meantime: there is nothing left to tell of.
    deps.log.info({ jobId, revision }, 'no address to tell');
    return;
  }
  await post(url, notice, await bodyOf(deps, notice));
  await store.putIfAbsent(mark, jsonBytes({ v: 1, atMs: Date.now() }), {
    contentType: 'application/json',
  });
}
