// docs/cli.md is the program's own help and the schemas of its answers; `vitest -u` writes it anew.
import { expect, test } from 'vitest';
import { ANSWERS } from '../../../src/cli/answers.ts';
import { createProgram } from '../../../src/cli/program.ts';
import { cliPage } from './cli-page.ts';

const program = createProgram('0.1.0', () => Promise.resolve());

test('docs/cli.md shows the help and the answer of every command as they are', async () => {
  await expect(cliPage()).toMatchFileSnapshot('../../../docs/cli.md');
});

test('every command has --json and a schema for its answer', () => {
  expect(program.commands.map((command) => command.name()).sort()).toEqual(
    Object.keys(ANSWERS).sort(),
  );
  for (const command of program.commands) {
    expect(command.options.map((option) => option.long)).toContain('--json');
  }
});
