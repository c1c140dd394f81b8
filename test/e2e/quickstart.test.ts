// What a new user does first: one command, from services to a readable trace; the second time in seconds.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, inject, test } from 'vitest';
import { testServices } from '../support/services.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

function quickstart(): { text: string; tookMs: number } {
  const startedMs = Date.now();
  const text = execFileSync(process.execPath, ['scripts/quickstart.mjs'], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TRACEMILL_HOME: inject('tracemillHome'), NO_COLOR: '1' },
  });
  return { text, tookMs: Date.now() - startedMs };
}

test('the quickstart traces real functions and shows what came out', async () => {
  await testServices();
  const first = quickstart();
  expect(first.text).toMatch(/returned\s+\d+/);
  expect(first.text).toMatch(/accepted\s+\d+/);
  expect(first.text).toContain('The balance holds');
  expect(first.text).not.toContain('faulted');
  expect(first.text).toMatch(/sets\//);
  const second = quickstart();
  expect(second.text).toContain('The balance holds');
  expect(second.tookMs).toBeLessThan(30_000);
});
