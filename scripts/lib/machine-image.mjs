// The image of machines that tests of a fleet run in: made once for each Dockerfile, before a suite that needs it, or by the first test.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './project.mjs';

const FOLDER = join(ROOT, 'test', 'support', 'machine');

/**
 * @param {(...args: string[]) => string} docker output of Docker's command; throws where it fails
 * @param {() => Promise<void>} ensureBase makes what the Dockerfile begins with
 * @returns {Promise<string>} its name
 */
export async function ensureMachineImage(docker, ensureBase) {
  const digest = createHash('sha256').update(readFileSync(join(FOLDER, 'Dockerfile')));
  const reference = `tracemill-test-machine:${digest.digest('hex').slice(0, 16)}`;
  try {
    docker('image', 'inspect', reference);
  } catch {
    await ensureBase();
    docker('build', '--quiet', '--network', 'host', '--tag', reference, FOLDER);
  }
  return reference;
}
