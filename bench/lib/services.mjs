// What a bench needs to run sandboxes: the build, Docker and the image of the sources as they are.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepare } from '../../scripts/lib/prepare.mjs';

/** Imports a module of the build by its path below dist, for example `src/sandbox/pool.js`. */
export const built = (path) => import(new URL(`../../dist/${path}`, import.meta.url).href);

/**
 * @param {(line: string) => void} say
 * @returns {Promise<{ socketPath: string, image: string, close: () => void }>}
 */
export async function openSandboxes(say) {
  await prepare(say);
  const { loadConfig } = await built('src/config/load.js');
  const { createLogger } = await built('src/log/logger.js');
  const { devContext } = await built('infra/dev/context.js');
  const { ensureDocker } = await built('infra/dev/docker.js');
  const { ensureBaseImages } = await built('infra/dev/base-images.js');
  const { ensureSandboxImage } = await built('infra/dev/sandbox-image.js');
  const home = mkdtempSync(join(tmpdir(), 'tracemill-bench-'));
  const config = loadConfig({ ...process.env, TRACEMILL_HOME: home });
  const note = (entry) => {
    if (entry.kind === 'working') say(entry.detail);
  };
  const context = devContext(config, createLogger({ level: 'warn', name: 'bench' }), { note });
  const { socketPath } = await ensureDocker(context);
  if (config.sandboxImage === null) await ensureBaseImages(context, socketPath);
  const image = await ensureSandboxImage(context, socketPath);
  const close = () => {
    rmSync(home, { recursive: true, force: true });
  };
  return { socketPath, image: image.reference, close };
}

/** Runs with a home of its own, which is gone at the end with all that was started in it. */
async function openHome(ensure) {
  const { loadConfig } = await built('src/config/load.js');
  const { createLogger } = await built('src/log/logger.js');
  const { stopServices } = await built('infra/dev/down.js');
  const { connectClient } = await built('src/temporal/connection.js');
  const home = mkdtempSync(join(tmpdir(), 'tracemill-bench-'));
  const config = loadConfig({ ...process.env, TRACEMILL_HOME: home });
  const log = createLogger({ level: 'warn', name: 'bench' });
  const services = await ensure(config, log);
  const client = await connectClient(services.temporal);
  const close = async () => {
    await client.connection.close();
    await stopServices(config, log);
    rmSync(home, { recursive: true, force: true });
  };
  return { ...services, config, home, client, close };
}

/** A Temporal server of this run alone, that keeps nothing; found or built like any other. */
export async function openTemporal(say) {
  await prepare(say);
  const { ensureDataServices } = await built('infra/dev/services.js');
  return await openHome(ensureDataServices);
}

/** All services, and the image of the sources as they are. */
export async function openServices(say) {
  await prepare(say);
  const { ensureServices } = await built('infra/dev/services.js');
  return await openHome(ensureServices);
}
