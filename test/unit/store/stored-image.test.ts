// Images in the bucket: what is refused, and that nothing is loaded that is not what was asked for.
import { expect, test } from 'vitest';
import { imageKey } from '../../../src/core/keys.ts';
import { isAppError } from '../../../src/errors.ts';
import { loadImage, storeImage } from '../../../src/store/stored-image.ts';
import type { ImageEngine } from '../../../src/store/stored-image.ts';
import { sha256 } from '../../../src/identity/digest.ts';
import { MemoryStore } from '../../support/memory-store.ts';

/** An engine whose archives are their image's name, and whose ids are the digest of that. */
function fakeEngine(names: readonly string[]) {
  const idOf = (name: string): string => `sha256:${sha256(Buffer.from(name))}`;
  const images = new Map(names.map((name) => [idOf(name), name]));
  let saved = 0;
  const engine: ImageEngine = {
    idOf: (reference) => Promise.resolve(images.has(reference) ? reference : null),
    save: async function* (id) {
      saved += 1;
      yield await Promise.resolve(Buffer.from(images.get(id) ?? ''));
    },
    load: async (archive) => {
      let text = '';
      for await (const piece of archive) text += Buffer.from(piece).toString('utf8');
      images.set(idOf(text), text);
      return `loaded ${text}`;
    },
  };
  return { engine, idOf, images, saved: () => saved };
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (isAppError(error)) return `${error.code}: ${error.message}`;
  throw new Error('it did not fail as it should', { cause: error });
}

test('an image is stored once and loaded elsewhere as the same image', async () => {
  const store = new MemoryStore();
  const here = fakeEngine(['sandbox']);
  const id = here.idOf('sandbox');
  expect(await storeImage(store, here.engine, id)).toMatchObject({ id, how: 'written', bytes: 7 });
  expect(await storeImage(store, here.engine, id)).toMatchObject({ id, how: 'there', bytes: 7 });
  expect(here.saved()).toBe(1);
  const there = fakeEngine([]);
  expect(await loadImage(store, there.engine, id)).toBe('loaded');
  expect(await loadImage(store, there.engine, id)).toBe('there');
  expect([...there.images.keys()]).toEqual([id]);
});

test('an image that nobody stored is named with its place and what to do', async () => {
  const { engine, idOf } = fakeEngine([]);
  const id = idOf('sandbox');
  expect(await codeOf(loadImage(new MemoryStore(), engine, id))).toBe(
    `image-missing: image ${id} is neither in this machine's Docker Engine nor at ` +
      `s3://memory/${imageKey(id)}; store it with \`tracemill image push\` where it was built`,
  );
});

test('an object that holds another image than its name says is refused', async () => {
  const store = new MemoryStore();
  const { engine, idOf } = fakeEngine([]);
  const id = idOf('sandbox');
  await store.putIfAbsent(imageKey(id), Buffer.from('worker'));
  expect(await codeOf(loadImage(store, engine, id))).toMatch(
    /^image-missing: .*is not image sha256:.*"loaded worker"/,
  );
});
