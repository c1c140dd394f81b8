// The source trees of the pinned packages, by digest from the index that corpora of packages use. No code of them is run to fetch
// them: pip would run a build to learn what a tree needs.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { built } from '../lib/services.mjs';

export const SDISTS = fileURLToPath(new URL('sdists.lock', import.meta.url));

/**
 * @param {object} config
 * @returns {Promise<Map<string, string>>} paths of the archives by `name-version`
 */
export async function fetchSdists(config) {
  const { SimpleIndex } = await built('src/corpus/pypi/simple-index.js');
  const { parseLock } = await built('src/corpus/pypi/lock.js');
  const shown = 'bench/own-tests/sdists.lock';
  const packages = { ...config.packageIndex, cache: join(config.cache, 'packages') };
  const index = new SimpleIndex(packages, shown);
  const found = new Map();
  for (const { name, version, digests } of parseLock(readFileSync(SDISTS, 'utf8'), shown)) {
    const file = (await index.files(name)).find(({ digest }) => digests.has(digest));
    if (file === undefined)
      throw new Error(`${name}==${version} is not on the index as ${shown} has it`);
    found.set(`${name}-${version}`, await index.fetch(file));
  }
  return found;
}
