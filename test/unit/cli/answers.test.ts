// Each command's --json answer is one document that its schema takes, with nothing else on stdout.
import { expect, test } from 'vitest';
import { ANSWERS } from '../../../src/cli/answers.ts';
import type { AnswerName } from '../../../src/cli/answers.ts';
import { EVENTS, rowOf } from '../render/rows.ts';
import { tracemill } from './fake-gateway.ts';
import type { FakeParts } from './fake-gateway.ts';
import {
  chain,
  diffRows,
  doneReport,
  entry,
  fleetReport,
  launchPlan,
  pilotReport,
  published,
  running,
  runningReport,
} from './samples.ts';

const services = [
  { service: 'docker', state: 'found', detail: 'engine 28', todo: null },
  { service: 's3', state: 'missing', detail: 'not installed', todo: 'install it' },
] as const;
const launch = () => Promise.resolve({ how: 'started', entry: running } as const);
const ended: FakeParts = { entries: [entry], reports: [doneReport], published, launch };

const CASES: readonly (readonly [AnswerName, string, FakeParts])[] = [
  ['up', 'up', { services }],
  ['down', 'down', { services }],
  ['doctor', 'doctor', { services }],
  ['worker', 'worker', {}],
  ['launch', 'launch spec.yaml', ended],
  ['launch', 'launch spec.yaml --watch', ended],
  ['launch', 'launch spec.yaml --pilot 500', { ...ended, pilot: pilotReport }],
  ['launch', 'launch spec.yaml --dry-run', { plan: launchPlan }],
  ['status', 'status', ended],
  ['status', 'status --watch', ended],
  ['status', 'status @last', { entries: [running], reports: [runningReport] }],
  ['jobs', 'jobs', ended],
  ['cancel', 'cancel @last', { entries: [running] }],
  ['pause', 'pause @last', { entries: [running] }],
  ['resume', 'resume @last', { entries: [running] }],
  ['scale', 'scale @last --slots 8', { entries: [running] }],
  ['retry', 'retry @last --faulted --dry-run', ended],
  ['judge', 'judge @last --policy strict.yaml --dry-run', ended],
  ['publish', 'publish @last --as examples@v2', ended],
  ['render', 'render @last --format cwm', ended],
  [
    'sample',
    'sample @last --reason raised -n 2',
    {
      ...ended,
      sample: {
        found: 2,
        rows: chain
          .slice(0, 2)
          .map((link, at) => ({ link, row: at === 0 ? null : rowOf({ events: EVENTS }) })),
      },
    },
  ],
  ['export', 'export a@v1 --to out --as jsonl', {}],
  ['diff', 'diff a@v1 a@v2', { diff: diffRows }],
  ['workers', 'workers', {}],
  ['fleet', 'fleet status', { fleet: fleetReport }],
  ['user-data', 'user-data', {}],
  ['image', 'image push', {}],
  ['image', 'image pull --job @last', ended],
  ['delete', 'delete @last --sets', ended],
  ['sweep', 'sweep --dry-run', {}],
  [
    'show',
    'show @last',
    { ...ended, found: { row: rowOf({ events: EVENTS }), file: 'traces/x', index: 4 } },
  ],
  ['why', 'why @last functions.jsonl:17', { ...ended, chain: { links: chain, cut: false } }],
  [
    'verify',
    'verify examples@v1 --replay 1%',
    {
      verification: {
        set: 'examples@v1',
        objects: 3,
        rows: 232,
        checks: [{ name: 'digests', holds: true, detail: '', object: null }],
      },
    },
  ],
];

for (const [name, line, parts] of CASES) {
  test(`tracemill ${line} --json prints the answer that docs/cli.md describes`, async () => {
    const { out } = await tracemill([...line.split(' '), '--json'], parts);
    const schema = ANSWERS[name];
    expect(schema.safeParse(JSON.parse(out)).error).toBeUndefined();
  });
}
