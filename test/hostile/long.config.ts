// The long form of the hostile suite: npm run test:hostile
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/hostile/long.ts'],
    globalSetup: ['test/support/global-setup.ts'],
    pool: 'forks',
    testTimeout: 300_000,
    hookTimeout: 600_000,
  },
});
