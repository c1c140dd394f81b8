// docs/sandbox.md is a specification: its tables are compared with what is built.
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { FRAME, FRAME_BYTES_MAX } from '../../../src/sandbox/frames.ts';

const page = await readFile('docs/sandbox.md', 'utf8');
const header = await readFile('tracer/csrc/harness.h', 'utf8');

test('host and harness agree on frames', () => {
  const constant = (name: string): number =>
    Number(new RegExp(`${name}[ =]+(\\d+)`).exec(header)?.[1]);
  expect(constant('CHUNK_BYTES')).toBe(FRAME_BYTES_MAX);
  for (const [name, type] of Object.entries(FRAME)) {
    expect(constant(`FRAME_${name.toUpperCase()}`)).toBe(type);
  }
});

test('both worlds on the page are those of the harness', async () => {
  const variants = await readFile('tracer/src/tracer/harness/variants.py', 'utf8');
  const launcher = await readFile('tracer/csrc/launch.c', 'utf8');
  const [, seed = ''] = /hash_seed="(\d{2,})"/.exec(variants) ?? [];
  expect(launcher).toContain(`PYTHONHASHSEED=${seed}`);
  expect(page).toContain(`| hash seed | 0 | ${seed} |`);
  for (const [, rate = ''] of variants.matchAll(/clock_ns_per_fuel=([\d_]+)/g)) {
    expect(page).toContain(`${rate.replace('_', ',')} ns per unit`);
  }
});
