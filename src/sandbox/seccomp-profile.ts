// The seccomp profile that every sandbox gets: infra/docker/seccomp.json, found from sources and from the built tree.
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AppError } from '../errors.ts';

const FILE = join('infra', 'docker', 'seccomp.json');
/** From dist/src/sandbox up to the package's root. */
const LEVELS_MAX = 5;

/**
 * The profile's text in one line, looked for in `from` and above. Throws AppError `sandbox-unsafe` where it is missing or
 * no JSON.
 */
export async function readSeccompProfile(
  from = dirname(fileURLToPath(import.meta.url)),
): Promise<string> {
  let folder = from;
  for (let level = 0; level < LEVELS_MAX; level += 1) {
    const text = await readFile(join(folder, FILE), 'utf8').catch(() => null);
    if (text !== null) return compact(text);
    folder = dirname(folder);
  }
  throw new AppError('sandbox-unsafe', `the seccomp profile ${JSON.stringify(FILE)} is missing`);
}

function compact(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text));
  } catch (cause) {
    throw new AppError('sandbox-unsafe', `the seccomp profile ${JSON.stringify(FILE)} is no JSON`, {
      cause,
    });
  }
}
