// Two OCI runtimes beside each other: npm run test:runtime
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/runtime/compare.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    pool: 'forks',
    testTimeout: 3_600_000,
    hookTimeout: 600_000,
  },
});
