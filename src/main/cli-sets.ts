// Published sets as the commands see them: the manifest, its verification, rows and ledger.
import { join } from 'node:path';
import { findS3 } from '../../infra/dev/s3.ts';
import type { PublishedSet, SetsPort } from '../cli/ports.ts';
import type { Services } from '../config/services.ts';
import { setManifestKey, setPrefix } from '../core/keys.ts';
import { AppError, isAppError } from '../errors.ts';
import { exportSet } from '../store/export-set.ts';
import type { ExportTarget } from '../store/export-set.ts';
import { findRow, whyChain } from '../store/lookup.ts';
import { diffSets, textsOf } from '../store/diff-sets.ts';
import { readSetManifest } from '../store/manifest.ts';
import type { S3Store } from '../store/s3.ts';
import { sampleRows } from '../store/sample-rows.ts';
import { verifySet } from '../store/verify.ts';
import type { GatewayContext } from './cli-gateway.ts';
import { bucketTarget, folderTarget } from './export-targets.ts';
import { openStore } from './open-store.ts';

/** Where S3 is, without starting it. Throws AppError `store-unreachable`. */
export async function s3Of({ config }: GatewayContext): Promise<Services['s3']> {
  const found = await findS3(config);
  if (found !== null) return found;
  const { endpoint } = config.s3;
  throw new AppError(
    'store-unreachable',
    endpoint === null
      ? 'no S3 server runs for this folder; start it with `tracemill up`'
      : `S3 does not answer at ${JSON.stringify(endpoint)}; start it or correct TRACEMILL_S3_ENDPOINT`,
  );
}

/** A set that is not there is the user's mistake; a set with holes is damage. */
async function namingTheSet<T>(
  at: { bucket: string; set: string },
  read: () => Promise<T>,
): Promise<T> {
  try {
    return await read();
  } catch (cause) {
    const isManifest =
      isAppError(cause) &&
      cause.code === 'object-missing' &&
      cause.context.key === setManifestKey(at.set);
    if (!isManifest) throw cause;
    throw new AppError(
      'row-not-found',
      `there is no data set ${JSON.stringify(at.set)} in bucket ${JSON.stringify(at.bucket)}; \`tracemill jobs\` shows the sets of the jobs`,
      { cause },
    );
  }
}

interface Place {
  readonly store: S3Store;
  /** Folder whose files are the objects of all buckets; null where the server is not ours. */
  readonly folder: string | null;
}

async function publishedSet({ store, folder }: Place, set: string): Promise<PublishedSet> {
  const manifest = await readSetManifest(store, set);
  const prefix = setPrefix(set);
  return {
    set,
    bucket: store.bucket,
    url: `s3://${store.bucket}/${prefix}`,
    folder: folder === null ? null : join(folder, store.bucket, prefix),
    objects: manifest.objects.length,
    bytes: manifest.objects.reduce((sum, object) => sum + object.bytes, 0),
    counts: manifest.counts,
    balance: manifest.balance,
  };
}

/** Throws AppError `usage` where the text names neither a folder nor a bucket. */
function targetOf(to: string, storeOf: (bucket: string) => S3Store): ExportTarget {
  const place = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/(.*))?$/.exec(to);
  if (place !== null) {
    const prefix = (place[2] ?? '').replace(/\/*$/, '');
    return bucketTarget(storeOf(place[1] ?? ''), prefix === '' ? '' : `${prefix}/`);
  }
  if (/^[a-z][a-z0-9+.-]*:\/\//.test(to) || to === '') {
    throw new AppError(
      'usage',
      `--to ${JSON.stringify(to)} is neither a folder nor s3://BUCKET/PREFIX`,
    );
  }
  return folderTarget(to);
}

export async function createSetsPort(context: GatewayContext): Promise<SetsPort> {
  const s3 = await s3Of(context);
  const stores = new Map<string, S3Store>();
  const storeOf = (bucket: string): S3Store => {
    const known = stores.get(bucket);
    if (known !== undefined) return known;
    const store = openStore(context, { s3, bucket });
    stores.set(bucket, store);
    return store;
  };
  return {
    published: (bucket, set) =>
      namingTheSet({ bucket, set }, () =>
        publishedSet({ store: storeOf(bucket), folder: s3.folder }, set),
      ),
    verify: (bucket, set) => namingTheSet({ bucket, set }, () => verifySet(storeOf(bucket), set)),
    find: (at) => namingTheSet(at, () => findRow(storeOf(at.bucket), at.set, at.thing)),
    why: (at) => namingTheSet(at, () => whyChain(storeOf(at.bucket), at.set, at.thing)),
    sample: (ask) => namingTheSet(ask, () => sampleRows(storeOf(ask.bucket), ask.set, ask)),
    export: (ask) =>
      namingTheSet(ask, async () => {
        const at = { set: ask.set, format: ask.format };
        return await exportSet(storeOf(ask.bucket), at, targetOf(ask.to, storeOf));
      }),
    diff: async (ask, onRow) => {
      const store = storeOf(ask.bucket);
      const named = (set: string) =>
        namingTheSet({ bucket: ask.bucket, set }, () => readSetManifest(store, set));
      const sets = { before: await named(ask.before), after: await named(ask.after) };
      const summary = { same: 0 };
      for await (const row of diffSets(store, sets, summary)) await onRow(row);
      return { same: summary.same, texts: textsOf(sets.before, sets.after) };
    },
  };
}
