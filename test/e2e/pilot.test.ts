// A pilot and a dry run on the CRUXEval file: what they say is compared with what is known of the whole.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Answer } from '../../src/cli/answers.ts';
import { cliJson } from '../support/cli.ts';
import { testConfig } from '../support/services.ts';

const corpus = (): string => `cruxeval:${join(testConfig().testData, 'cruxeval.jsonl')}`;
const launched = async (name: string, ...flags: readonly string[]): Promise<Answer<'launch'>> =>
  (await cliJson(['launch', '--corpus', corpus(), '--name', name, ...flags], {
    env: { TRACEMILL_BUCKET: 'pilot' },
  })) as Answer<'launch'>;
async function fleetFile(): Promise<string> {
  const file = join(testConfig().home, 'fleet.yaml');
  const fleet = { fleetVersion: 1, name: 'main', provider: { kind: 'docker' } };
  const sizes = { slotsPerVm: 4, max: 9, price: 0.2, bootSeconds: 60 };
  await writeFile(file, JSON.stringify({ ...fleet, ...sizes }));
  return file;
}
const launch = (...flags: readonly string[]): Promise<Answer<'launch'>> =>
  launched('piloted', ...flags);

it('a pilot of CRUXEval finds that all 800 are accepted, and how long they take', async () => {
  const before = await launch('--dry-run');
  expect(before).toMatchObject({ how: 'dry-run', job: null });
  expect(before.plan).toMatchObject({ how: 'started', records: 800, isSetFree: true, trace: null });
  const fleet = ['--fleet', await fleetFile()];
  const { pilot, job, cost } = await launch(
    ...['--pilot', '64', '--price-per-core-hour', '0.05', ...fleet],
  );
  expect(cost?.coreHours).toBeGreaterThan(0);
  expect(cost?.fleets).toEqual([]);
  const { vmHours, machines } = pilot?.fleet ?? {};
  const boots = ((machines ?? 0) * 60) / 3_600;
  expect(vmHours?.value).toBeCloseTo((pilot?.slotHours?.value ?? 0) / 4 + boots, 9);
  expect(pilot?.fleet?.money.value).toBeCloseTo(0.2 * (vmHours?.value ?? 0), 9);
  expect(job?.name).toMatch(/^piloted-pilot-/);
  expect(pilot).toMatchObject({ sampled: 64, records: 800, reasons: [] });
  expect(pilot?.accepted).toEqual({ value: 800, low: 800, high: 800 });
  expect(pilot?.yield).toEqual({ value: 1, low: 1, high: 1 });
  expect(pilot?.hours?.value).toBeGreaterThan(0);
  expect(pilot?.money?.value).toBeCloseTo((pilot?.slotHours?.value ?? 0) * 0.05, 9);
  const found = await launch('--pilot', '64');
  expect(found.how).toBe('found');
  expect(found.pilot?.accepted).toEqual(pilot?.accepted);
});

it('what the pilot traced, the whole finds; a dry run of it says so once records are read', async () => {
  const whole = await launch('--watch');
  const trace = whole.progress?.passes.find(({ pass }) => pass === 'trace');
  expect(trace?.counts).toMatchObject({ outcomes: 800, invocationsReused: 64 });
  const renamed = await launched('again', '--dry-run', '--fleet', await fleetFile());
  expect(renamed.plan).toMatchObject({ how: 'started', ingestSealed: renamed.plan?.batches });
  expect(renamed.plan?.trace).toMatchObject({ invocations: 800, toRun: 0 });
  // The pilot measured what a record takes; nothing is left to run, so what is left is a boot.
  expect(renamed.plan?.fleet?.rateOf).toMatch(/^piloted-pilot-/);
  expect(renamed.plan?.fleet).toMatchObject({ machines: 1, vmHours: { value: 60 / 3_600 } });
});
