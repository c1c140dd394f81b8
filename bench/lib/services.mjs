// What a bench needs: the build, and services of its own.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { prepare } from '../../scripts/lib/prepare.mjs';
import { built, openSandboxes } from '../../scripts/lib/sandboxes.mjs';

export { built, openSandboxes };

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
