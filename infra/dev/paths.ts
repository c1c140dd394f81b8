// Where the embedded default keeps things: state of one checkout under `home`, what can be shared under `cache`.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Config } from '../../src/config/load.ts';

/** Folder of package.json, from the sources as well as from dist/. */
export function projectRoot(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error('no package.json above infra/dev');
    folder = parent;
  }
  return folder;
}

type Home = Pick<Config, 'home'>;
type Cache = Pick<Config, 'cache'>;

export const statePath = (config: Home): string => join(config.home, 'services.json');
export const lockPath = (config: Home): string => join(config.home, 'services.lock');
export const logPath = (config: Home, name: string): string =>
  join(config.home, 'log', `${name}.log`);
export const s3Folder = (config: Home): string => join(config.home, 's3');
export const s3SecretPath = (config: Home): string => join(config.home, 's3.secret');
/** The one of every other role, and the one that asks a language model. */
export const WORKER_NAMES = ['worker', 'llmWorker'] as const;
export type WorkerName = (typeof WORKER_NAMES)[number];
export const workerReadyPath = (config: Home, name: WorkerName): string =>
  join(config.home, `${name}.ready`);

export const cachedBinary = (config: Cache, name: string): string =>
  join(config.cache, 'bin', name);
export const cacheLockPath = (config: Cache, name: string): string =>
  join(config.cache, `${name}.lock`);
export const cacheLogPath = (config: Cache, name: string): string =>
  join(config.cache, 'log', `${name}.log`);
export const engineStatePath = (config: Cache): string => join(config.cache, 'dockerd.json');
