// The services that tests share: found or made once per run of tests, under a temporary home.
import { inject } from 'vitest';
import { loadConfig } from '../../src/config/load.ts';
import type { Config } from '../../src/config/load.ts';
import type { Services } from '../../src/config/services.ts';
import { createLogger } from '../../src/log/logger.ts';
import type { Logger } from '../../src/log/logger.ts';
import { ensureServices } from '../../infra/dev/services.ts';

/** Log lines of tests: warnings only, on stderr. */
export function testLog(): Logger {
  return createLogger({ level: 'warn', name: 'test' });
}

/** The configuration of this run of tests; `overrides` are environment variables. */
export function testConfig(overrides: Readonly<Record<string, string>> = {}): Config {
  return loadConfig({ ...process.env, ...overrides, TRACEMILL_HOME: inject('tracemillHome') });
}

/** All services, started by whoever asks first; asking again is instant. */
export async function testServices(): Promise<{ config: Config; services: Services }> {
  const config = testConfig();
  return { config, services: await ensureServices(config, testLog()) };
}
