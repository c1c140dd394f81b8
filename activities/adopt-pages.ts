// The start of a revision that publishes anew: it takes over the ledger pages of an older one as far as its traces, so
// that every later pass finds what it reads and nothing before it runs.
import type { AdoptInput, PassName } from '../src/contract/job.ts';
import { ledgerPagesPrefix } from '../src/core/keys.ts';
import { AppError } from '../src/errors.ts';
import type { ActivityDeps } from './deps.ts';
import { inOrder } from './in-order.ts';

/** Small objects: the number bounds connections. */
const PAGES_AT_ONCE = 16;
/** All that refine, gather, publish and commit read. */
const ADOPTED: readonly PassName[] = ['ingest', 'unique', 'place', 'probe', 'reprobe', 'trace'];

/** Idempotent: pages are written if absent. Throws AppError `object-missing` where the older revision has no traces. */
export async function adoptPages(
  deps: Pick<ActivityDeps, 'storeOf'>,
  input: AdoptInput,
): Promise<void> {
  const store = deps.storeOf(input.bucket);
  const { jobId, revision, planDigest } = input;
  for (const pass of ADOPTED) {
    const to = ledgerPagesPrefix({ jobId, revision, pass, planDigest });
    const from = ledgerPagesPrefix({ jobId, revision: input.from, pass, planDigest });
    const names: string[] = [];
    for await (const { key } of store.list(from)) names.push(key.slice(from.length));
    if (pass === 'trace' && names.length < input.planBatchCount) {
      throw new AppError(
        'object-missing',
        `revision ${String(input.from)} has traced ${String(names.length)} of ${String(input.planBatchCount)} batches`,
        { context: { key: from } },
      );
    }
    const copies = inOrder(
      names,
      () => PAGES_AT_ONCE,
      async (name) => {
        const page = await store.get(`${from}${name}`);
        await store.putIfAbsent(`${to}${name}`, page, { contentType: 'application/json' });
      },
    );
    for await (const _ of copies);
  }
}
