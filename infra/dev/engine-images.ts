// Archives of images out of the Docker Engine and into it, over its socket, as streams: nothing is held whole.
import { request } from 'node:http';
import type { IncomingMessage, RequestOptions } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { AppError, isAppError } from '../../src/errors.ts';
import type { ImageEngine } from '../../src/store/stored-image.ts';
import { engineAnswers, imageId, keepsManifests } from './engine-api.ts';

/** A first layer of a gigabyte is unpacked in about ten seconds; a busy disk takes longer. Nothing at all is a hung Engine. */
const SILENT_MS = 5 * 60_000;
const SAID_CHARACTERS = 4_096;
const OK = 200;
const NOT_FOUND = 404;

function outOfReach(socketPath: string, cause?: unknown): AppError {
  return new AppError(
    'docker-unreachable',
    `docker at ${JSON.stringify(socketPath)} does not answer; start it or set TRACEMILL_DOCKER_SOCKET`,
    { retryable: true, cause },
  );
}

async function textOf(answer: IncomingMessage): Promise<string> {
  let text = '';
  for await (const piece of answer) text = (text + String(piece)).slice(-SAID_CHARACTERS);
  return text;
}

/** Of a stream of JSON lines, or one JSON document. */
function errorIn(text: string): string | null {
  for (const line of text.split('\n')) {
    try {
      const { error, message } = JSON.parse(line) as Readonly<Record<string, unknown>>;
      if (typeof error === 'string') return error;
      if (typeof message === 'string') return message;
    } catch {
      // An empty last line, or the first one cut.
    }
  }
  return null;
}

function asked(options: RequestOptions): {
  call: ReturnType<typeof request>;
  answer: Promise<IncomingMessage>;
} {
  const call = request({ ...options, timeout: SILENT_MS });
  call.once('timeout', () => {
    call.destroy(new Error('the Docker Engine was silent for five minutes'));
  });
  const answer = new Promise<IncomingMessage>((resolve, reject) => {
    call.once('response', resolve);
    call.once('error', reject);
  });
  answer.catch(() => undefined);
  return { call, answer };
}

async function* save(socketPath: string, id: string): AsyncGenerator<Uint8Array> {
  const { call, answer } = asked({ socketPath, path: `/images/${encodeURIComponent(id)}/get` });
  call.end();
  const response = await answer.catch((error: unknown) => {
    throw outOfReach(socketPath, error);
  });
  if (response.statusCode !== OK) {
    const text = await textOf(response);
    const code = response.statusCode === NOT_FOUND ? 'image-missing' : 'internal';
    throw new AppError(code, `docker did not save image ${id}: ${errorIn(text) ?? text}`);
  }
  yield* response as AsyncIterable<Uint8Array>;
  // The Engine has no other way to say that it failed in the middle.
  if (!response.complete) throw outOfReach(socketPath, 'the archive broke off');
}

async function load(socketPath: string, archive: AsyncIterable<Uint8Array>): Promise<string> {
  const headers = { 'content-type': 'application/x-tar' };
  const { call, answer } = asked({
    ...{ socketPath, headers },
    ...{ method: 'POST', path: '/images/load?quiet=true' },
  });
  try {
    await pipeline(Readable.from(archive, { objectMode: false }), call);
  } catch (error) {
    if (isAppError(error)) throw error;
    // The Engine may refuse an archive before it has read it all: what it says counts.
    const response = await answer.catch(() => null);
    if (response === null) throw outOfReach(socketPath, error);
  }
  const response = await answer.catch((error: unknown) => {
    throw outOfReach(socketPath, error);
  });
  const text = await textOf(response);
  const error = errorIn(text);
  if (response.statusCode === OK && error === null) return text.trim();
  throw new AppError('image-missing', `docker did not load the image: ${error ?? text}`);
}

/** Throws AppError `docker-unreachable` where nothing answers. */
export async function engineImages(socketPath: string): Promise<ImageEngine> {
  if (!(await engineAnswers(socketPath))) throw outOfReach(socketPath);
  return {
    idOf: (reference) => imageId(socketPath, reference),
    save: (id) => save(socketPath, id),
    load: (archive) => load(socketPath, archive),
  };
}

/** Throws AppError `usage` where ids of this Engine's images are no digests that another Engine would give them. */
export async function requirePortableIds(socketPath: string): Promise<void> {
  if (!(await keepsManifests(socketPath))) return;
  throw new AppError(
    'usage',
    "this Docker Engine keeps images in containerd's store, where an image has another id than elsewhere; " +
      'push it to a registry (`--to REPOSITORY`), or switch that store off',
  );
}
