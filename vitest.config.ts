// Tests by kind (docs/testing.md). Kinds that use Docker run one file at a time: two cores, and cgroup figures that count.
import { defineConfig } from 'vitest/config';
import type { TestProjectInlineConfiguration } from 'vitest/config';

const SECOND = 1_000;
/** For what is looked at again and again until it is so: a busy machine takes its time. */
const POLL_MS = 30 * SECOND;

interface Kind {
  readonly include: readonly string[];
  /**
   * For a test and, five times as long, for a hook: hooks start services and build images. Many times what the slowest takes
   * where it was measured, so that a machine that is slow or busy fails none.
   */
  readonly timeoutMs: number;
  readonly serial: boolean;
  /** Whether the files share services under a temporary home. */
  readonly services: boolean;
}

const KINDS: Readonly<Record<string, Kind>> = {
  unit: {
    include: ['test/unit/**/*.test.ts'],
    timeoutMs: 60 * SECOND,
    serial: false,
    services: false,
  },
  tidy: { include: ['test/*.test.ts'], timeoutMs: 120 * SECOND, serial: false, services: false },
  golden: {
    include: ['test/golden/**/*.test.ts'],
    timeoutMs: 30 * SECOND,
    serial: false,
    services: false,
  },
  replay: {
    include: ['test/replay/**/*.test.ts'],
    timeoutMs: 60 * SECOND,
    serial: false,
    services: false,
  },
  integration: {
    include: ['test/integration/**/*.test.ts'],
    timeoutMs: 300 * SECOND,
    serial: true,
    services: true,
  },
  hostile: {
    include: ['test/hostile/**/*.test.ts'],
    timeoutMs: 300 * SECOND,
    serial: true,
    services: true,
  },
  e2e: {
    include: ['test/e2e/**/*.test.ts'],
    timeoutMs: 600 * SECOND,
    serial: true,
    services: true,
  },
  compose: {
    include: ['test/compose/**/*.test.ts'],
    timeoutMs: 600 * SECOND,
    serial: true,
    services: true,
  },
  // The part of the fault matrix that `npm test` runs; all of it is `chaos`, this one too.
  'chaos-short': {
    include: ['test/chaos/short.test.ts'],
    timeoutMs: 600 * SECOND,
    serial: true,
    services: true,
  },
  chaos: {
    include: ['test/chaos/**/*.test.ts'],
    timeoutMs: 600 * SECOND,
    serial: true,
    services: true,
  },
};

function project(name: string, kind: Kind): TestProjectInlineConfiguration {
  return {
    test: {
      name,
      include: [...kind.include],
      environment: 'node',
      pool: 'forks',
      testTimeout: kind.timeoutMs,
      hookTimeout: 5 * kind.timeoutMs,
      fileParallelism: !kind.serial,
      sequence: { groupOrder: Object.keys(KINDS).indexOf(name) },
      expect: { poll: { timeout: POLL_MS } },
      ...(kind.services ? { globalSetup: ['test/support/global-setup.ts'] } : {}),
    },
  };
}

export default defineConfig({
  test: {
    projects: Object.entries(KINDS).map(([name, kind]) => project(name, kind)),
    maxWorkers: 2,
    passWithNoTests: false,
    allowOnly: process.env['CI'] === undefined,
  },
});
