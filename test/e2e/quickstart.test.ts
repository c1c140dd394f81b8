// What a new user does first: one command, from services to a readable trace; the second time the same job is found.
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, inject, test } from 'vitest';
import { testServices } from '../support/services.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

function quickstart(): string {
  return execFileSync(process.execPath, ['scripts/quickstart.mjs'], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, TRACEMILL_HOME: inject('tracemillHome'), NO_COLOR: '1' },
  });
}

test('the quickstart traces real functions and shows what came out', async () => {
  await testServices();
  const first = quickstart();
  expect(first).toMatch(/returned\s+\d+/);
  expect(first).toMatch(/accepted\s+\d+/);
  expect(first).toContain('The balance holds');
  expect(first).not.toContain('faulted');
  expect(first).toMatch(/sets\//);
  const second = quickstart();
  expect(second).toContain('The balance holds');
  // The same job, not another that ended alike: what it took is a property of the job.
  const took = String(/published after .*/.exec(first)?.[0]);
  expect(second).toContain(took);
});
