// Images in a registry, by Docker's own command: it holds the log-ins and knows the helpers that give them.
import { AppError } from '../../src/errors.ts';
import { dockerCommand } from './base-images.ts';
import { imageId } from './engine-api.ts';
import { lastLines, run } from './run.ts';

/** A gigabyte at 1 MB/s. */
const TRANSFER_MS = 20 * 60_000;
const CALL_MS = 20_000;
const TAG_CHARACTERS = 12;

async function docker(socketPath: string, ...args: readonly string[]): Promise<string> {
  const { ok, cut, output } = await run(dockerCommand(socketPath, ...args), {
    timeoutMs: args[0] === 'push' || args[0] === 'pull' ? TRANSFER_MS : CALL_MS,
  });
  if (ok) return output;
  throw new AppError(
    'image-missing',
    cut === 'not-found'
      ? "registries are reached by Docker's client: install the command `docker`"
      : `docker ${args.join(' ')} failed: ${lastLines(output)}`,
  );
}

/** `REPOSITORY@sha256:…`, as the registry answered. Throws AppError `image-missing`. */
export async function pushToRegistry(
  socketPath: string,
  id: string,
  repository: string,
): Promise<string> {
  const tag = `${repository}:${id.replace('sha256:', '').slice(0, TAG_CHARACTERS)}`;
  await docker(socketPath, 'tag', id, tag);
  await docker(socketPath, 'push', '--quiet', tag);
  const known = await docker(
    socketPath,
    ...['image', 'inspect', '--format', '{{range .RepoDigests}}{{println .}}{{end}}', id],
  );
  const place = known.split('\n').find((line) => line.startsWith(`${repository}@sha256:`));
  if (place !== undefined) return place.trim();
  throw new AppError('image-missing', `the registry gave no digest for ${JSON.stringify(tag)}`);
}

/** The id of the image; the Engine checks it against the digest. Throws AppError `image-missing`. */
export async function pullFromRegistry(socketPath: string, place: string): Promise<string> {
  await docker(socketPath, 'pull', '--quiet', place);
  const id = await imageId(socketPath, place);
  if (id !== null) return id;
  throw new AppError(
    'image-missing',
    `image ${JSON.stringify(place)} vanished after it was pulled`,
  );
}
