// The rules that guard what no other check sees are on: each has a small file that breaks it.
import { fileURLToPath } from 'node:url';
import { ESLint } from 'eslint';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

async function findings(file: string): Promise<{ rule: string | null; line: number }[]> {
  const eslint = new ESLint({ cwd: root, ignore: false });
  const [result] = await eslint.lintFiles([`test/support/lint-fixtures/${file}`]);
  return (result?.messages ?? []).map(({ ruleId, line }) => ({ rule: ruleId, line }));
}

test('an activity that a workflow does not await is a finding', async () => {
  expect(await findings('unawaited-activity.ts')).toEqual([
    { rule: '@typescript-eslint/no-floating-promises', line: 11 },
  ]);
});
