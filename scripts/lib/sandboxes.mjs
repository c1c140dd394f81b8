// What a script needs to run containers of the sandbox image: the build, Docker and the image of the sources as they are.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepare } from './prepare.mjs';

/** Imports a module of the build by its path below dist, for example `src/sandbox/pool.js`. */
export const built = (path) => import(new URL(`../../dist/${path}`, import.meta.url).href);

/**
 * @param {(line: string) => void} say
 * @returns {Promise<{ socketPath: string, image: string, config: object, context: object, close: () => void }>}
 */
export async function openSandboxes(say) {
  await prepare(say);
  const { loadConfig } = await built('src/config/load.js');
  const { createLogger } = await built('src/log/logger.js');
  const { devContext } = await built('infra/dev/context.js');
  const { ensureDocker } = await built('infra/dev/docker.js');
  const { ensureBaseImages } = await built('infra/dev/base-images.js');
  const { ensureSandboxImage } = await built('infra/dev/sandbox-image.js');
  const home = mkdtempSync(join(tmpdir(), 'tracemill-home-'));
  const config = loadConfig({ ...process.env, TRACEMILL_HOME: home });
  const note = (entry) => {
    if (entry.kind === 'working') say(entry.detail);
  };
  const context = devContext(config, createLogger({ level: 'warn', name: 'script' }), { note });
  const { socketPath } = await ensureDocker(context);
  if (config.sandboxImage === null) await ensureBaseImages(context, socketPath);
  const image = await ensureSandboxImage(context, socketPath);
  const close = () => {
    rmSync(home, { recursive: true, force: true });
  };
  return { socketPath, image: image.reference, config, context, close };
}
