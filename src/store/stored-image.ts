// Images of Docker in the bucket, each under its id: the digest of its configuration, which names the digest of each layer. So the
// Engine that loads one proves that it is the one asked for; the archive's own digest guards the way to it.
import { imageKey } from '../core/keys.ts';
import { AppError } from '../errors.ts';
import { checkedObject } from './checked-body.ts';
import type { ObjectStore } from './object-store.ts';
import { withSpooled } from './spooled-body.ts';

/** What takes and gives archives of images. Methods throw AppError `docker-unreachable` and `image-missing`. */
export interface ImageEngine {
  /** `sha256:…`; null where it has no such image. */
  idOf(reference: string): Promise<string | null>;
  save(id: string): AsyncIterable<Uint8Array>;
  /** What the Engine says it has loaded. An archive that breaks off is not loaded. */
  load(archive: AsyncIterable<Uint8Array>): Promise<string>;
}

export interface StoredImage {
  readonly id: string;
  readonly key: string;
  readonly bytes: number;
  /** `there`: the bucket had it. */
  readonly how: 'written' | 'there';
}

/** What S3 takes in one request. */
const ARCHIVE_BYTES_MAX = 5 * 1024 ** 3;

/** Throws AppError `image-missing`, `usage` where the archive is too large, and `store-*`. */
export async function storeImage(
  store: ObjectStore,
  engine: ImageEngine,
  id: string,
): Promise<StoredImage> {
  const key = imageKey(id);
  const there = await store.head(key);
  if (there !== null) return { id, key, bytes: there.bytes, how: 'there' };
  return await withSpooled(engine.save(id), async (body): Promise<StoredImage> => {
    if (body.bytes > ARCHIVE_BYTES_MAX) {
      throw new AppError(
        'usage',
        `image ${id} is an archive of ${String(body.bytes)} bytes, and a bucket takes 5 GiB; push it to a registry`,
      );
    }
    const put = await store.putStreamIfAbsent(key, body);
    // Two Engines may write one image as different archives: whichever came first gives the same image.
    return { id, key, bytes: body.bytes, how: put.kind === 'created' ? 'written' : 'there' };
  });
}

function notStored(store: ObjectStore, id: string): AppError {
  return new AppError(
    'image-missing',
    `image ${id} is neither in this machine's Docker Engine nor at s3://${store.bucket}/${imageKey(id)}; ` +
      'store it with `tracemill image push` where it was built',
  );
}

/**
 * Sees to it that the Engine has exactly this image; builds nothing. Throws AppError `image-missing` where it is not stored or
 * the archive holds another one, `object-damaged` where the archive's bytes are not those that were stored, and `store-*`.
 */
export async function loadImage(
  store: ObjectStore,
  engine: ImageEngine,
  id: string,
): Promise<'loaded' | 'there'> {
  if ((await engine.idOf(id)) !== null) return 'there';
  const key = imageKey(id);
  const head = await store.head(key);
  if (head === null) throw notStored(store, id);
  const { bytes, digest } = head;
  if (digest === null) {
    throw new AppError(
      'object-damaged',
      `object ${JSON.stringify(key)} has no digest: another program wrote it; remove it and push the image again`,
    );
  }
  const said = await engine.load(checkedObject(store, key, { bytes, digest }));
  if ((await engine.idOf(id)) !== null) return 'loaded';
  throw new AppError(
    'image-missing',
    `object ${JSON.stringify(key)} is not image ${id} (Docker says ${JSON.stringify(said)}); remove the object and push the image again`,
  );
}
