// docs/configuration.md lists every variable of src/config/schema.ts with its default and its description.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { environmentSchema } from '../../../src/config/schema.ts';

const page = readFileSync(new URL('../../../docs/configuration.md', import.meta.url), 'utf8');

interface Line {
  readonly name: string;
  readonly default: string;
  readonly description: string;
}

function documented(): Line[] {
  const cells = page
    .split('\n')
    .filter((line) => line.startsWith('| `TRACEMILL_'))
    .map((line) => line.split('|').map((cell) => cell.trim()));
  return cells.map(([, name = '', value = '', description = '']) => ({
    name: name.replaceAll('`', ''),
    default: value.replaceAll('`', ''),
    description,
  }));
}

function known(): Line[] {
  const defaults = environmentSchema.parse({});
  return Object.entries(environmentSchema.shape).map(([name, field]) => ({
    name,
    default: String(defaults[name as keyof typeof defaults] ?? 'none'),
    description: field.description ?? '',
  }));
}

test('docs/configuration.md lists every variable with its default and description', () => {
  expect(documented()).toEqual(known());
});

test('every variable has a description', () => {
  expect(known().filter((line) => line.description === '')).toEqual([]);
});
