// Packages of a lock file in a sandbox image of their own: fetched before, traced as what they are, told apart.
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { devContext } from '../../../infra/dev/context.ts';
import { ensureSandboxImage } from '../../../infra/dev/sandbox-image.ts';
import type { SlotPool } from '../../../src/sandbox/port.ts';
import { invocation } from '../../support/invocations.ts';
import { executeIn, openPool } from '../../support/sandbox-pool.ts';
import { sandboxServices } from '../../support/sandbox.ts';
import { testConfig, testLog } from '../../support/services.ts';

const WORKER = `test-packages-${randomUUID()}`;
const LOCK = fileURLToPath(new URL('../../../infra/docker/packages/numpy.lock', import.meta.url));
const { signal } = new AbortController();
let pool: SlotPool;
let reference: string;

const SOURCE = `
import numpy as np


def f(size):
    left = np.arange(size * size, dtype=float).reshape(size, size)
    right = np.sin(left) @ np.linalg.inv(left + np.eye(size))
    total = float(right.sum())
    return total, right.round(6).tolist()
`;

beforeAll(async () => {
  const { docker } = await sandboxServices();
  const config = testConfig({ TRACEMILL_SANDBOX_PACKAGES: LOCK, TRACEMILL_SANDBOX_IMAGE: '' });
  const image = await ensureSandboxImage(devContext(config, testLog()), docker.socketPath);
  reference = image.reference;
  pool = await openPool(WORKER, { image: reference });
});

afterAll(async () => {
  await pool[Symbol.asyncDispose]();
});

test('a function that uses numpy returns its value, and the second execution agrees', async () => {
  await pool.use(async (slot) => {
    const end = await executeIn(pool, slot, invocation(SOURCE, { call: 'f(3)' }));
    expect(end).toMatchObject({ ending: { outcome: 'returned' }, confirmDiffers: [] });
  }, signal);
});

const DISPATCH = `
import os
import numpy
import numpy._core._multiarray_umath as core


def f():
    enabled = [name for name in core.__cpu_dispatch__ if core.__cpu_features__[name]]
    return [name for name in enabled if name.startswith(("AVX", "FMA"))], sorted(os.environ)
`;

test('its libraries take no instructions that only some processors have', async () => {
  await pool.use(async (slot) => {
    const end = await executeIn(pool, slot, invocation(DISPATCH));
    const returnValue = "([], ['HOME', 'LANG', 'LC_ALL', 'PATH', 'TZ'])";
    expect(end).toMatchObject({ ending: { outcome: 'returned', returnValue }, confirmDiffers: [] });
  }, signal);
});

test('an image with packages is another image and another environment, which names them', async () => {
  const plain = await sandboxServices();
  expect(reference).not.toBe(plain.sandboxImage.reference);
  const withNumpy = await pool.environment(signal);
  expect(withNumpy.facts['packageList']).toBe('numpy==2.3.5');
  await using other = await openPool(`${WORKER}-plain`);
  const without = await other.environment(signal);
  expect(without.facts['packageList']).toBe('');
  expect(without.facts['packages']).not.toBe(withNumpy.facts['packages']);
  expect(without.id).not.toBe(withNumpy.id);
});
