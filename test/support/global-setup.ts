// Gives a run of tests its own home folder, and stops at the end what the tests started there. Services are started by
// the first test that asks for them (test/support/services.ts), so that tests without need of one do not wait.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { loadConfig } from '../../src/config/load.ts';
import { createLogger } from '../../src/log/logger.ts';
import { stopServices } from '../../infra/dev/down.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** TRACEMILL_HOME of this run of tests: never the user's own. */
    tracemillHome: string;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const home = await mkdtemp(join(tmpdir(), 'tracemill-test-'));
  project.provide('tracemillHome', home);
  return async () => {
    const config = loadConfig({ ...process.env, TRACEMILL_HOME: home });
    await stopServices(config, createLogger({ level: 'warn', name: 'test' }));
    if (process.env['KEEP_TEST_HOME'] === undefined) {
      // What was killed may still be writing its last line.
      await rm(home, { recursive: true, force: true, maxRetries: 20, retryDelay: 250 });
    }
  };
}
