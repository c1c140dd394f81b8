// An image of a folder for one run of a command: built without a network, and taken away with its folder.
import { rmSync } from 'node:fs';
import { run } from './processes.mjs';

/**
 * @typedef {object} Scratch
 * @property {readonly string[]} docker the client with the address of its Engine
 * @property {string} tag
 * @property {string} folder with a Dockerfile
 */

/** @param {Scratch} scratch */
export async function removeScratch({ docker, tag, folder }) {
  await run([...docker, 'rmi', '--force', tag], { quiet: true });
  rmSync(folder, { recursive: true, force: true });
}

/**
 * Throws with the end of what the Engine said where it cannot be built; nothing is left then.
 * @param {Scratch} scratch
 * @param {number} timeoutMs
 */
export async function buildScratch(scratch, timeoutMs) {
  const { docker, tag, folder } = scratch;
  const build = [...docker, 'build', '--network', 'none', '--tag', tag, folder];
  const { code, output } = await run(build, { quiet: true, timeoutMs });
  if (code === 0) return;
  await removeScratch(scratch);
  throw new Error(`image ${tag} cannot be built:\n${output}`);
}
