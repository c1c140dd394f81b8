import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { LABELS, OUTCOMES, POLICY_REASONS } from '../../../src/contract/outcome.ts';
import type { PolicyReason } from '../../../src/contract/outcome.ts';
import type { Policy } from '../../../src/contract/policy.ts';
import { DEFAULT_1, judge, judgedColumns } from '../../../src/quality/policy.ts';
import type { JudgedFacts } from '../../../src/quality/policy.ts';
import { POLICY_KEYS, parsePolicyText } from '../../../src/schema/policy-document.ts';
import { thrownBy } from '../../support/thrown.ts';

const page = readFileSync('docs/policy.md', 'utf8');
const [defaultBlock = '', strictBlock = ''] = [...page.matchAll(/```yaml\n([\s\S]*?)```/g)].map(
  (match) => match[1] ?? '',
);
const STRICT = parsePolicyText(strictBlock, 'strict.yaml');

const line = (number: number, set?: Record<string, string>) => ({
  ...{ kind: 'line', frame: 1, depth: 1, line: number },
  ...(set === undefined ? {} : { set }),
});
const EVENTS = JSON.stringify([
  { kind: 'call', frame: 1, depth: 1, line: 1, name: 'f', set: { n: '1' } },
  line(2),
  line(3, { total: '1' }),
  { kind: 'return', frame: 1, depth: 1, line: 3, value: '1' },
]);

/** A row that every rule of the page's own example accepts. */
const GOOD: JudgedFacts = {
  outcome: 'returned',
  labels: [],
  source: 'def f(n):\n    total = n\n    return total\n',
  ...{ setup: '', call: 'f(1)', stdin: '', stdout: '', stderr: '' },
  exception_message: null,
  return_value: '1',
  return_is_literal: true,
  n_events: 3,
  events: EVENTS,
  n_cut_values: 0,
  n_opaque: 0,
  line_coverage: 1,
  branch_coverage: 1,
  license: 'MIT',
  confirm_differs: [],
};

const rowOf = (change: Partial<JudgedFacts>): JudgedFacts => ({ ...GOOD, ...change });

describe('policy default@1', () => {
  it('is what its document on the page says', () => {
    expect({ ...parsePolicyText(defaultBlock, 'd.yaml'), name: 'default@1' }).toEqual(DEFAULT_1);
  });

  it('accepts what the program decided and refuses every other outcome by its name', () => {
    const accepted = OUTCOMES.filter(
      (outcome) => judge(DEFAULT_1, rowOf({ outcome })).length === 0,
    );
    expect(accepted).toEqual(['returned', 'raised', 'exited']);
    expect(judge(DEFAULT_1, rowOf({ outcome: 'crashed' }))).toEqual(['crashed']);
  });

  it('refuses four labels and no other', () => {
    const refused = LABELS.filter(
      (label) => judge(DEFAULT_1, rowOf({ labels: [label] })).length > 0,
    );
    expect(refused).toEqual(['tampered', 'threads', 'nondeterministic', 'borderline']);
  });

  it('gives all reasons, in one order', () => {
    const labels = ['threads', 'opaque', 'tampered'];
    expect(judge(DEFAULT_1, rowOf({ outcome: 'fuel-exceeded', labels }))).toEqual([
      'fuel-exceeded',
      'tampered',
      'threads',
    ]);
  });

  it('asks for two columns', () => {
    expect(judgedColumns(DEFAULT_1)).toEqual(['outcome', 'labels']);
  });
});

const BROKEN: Readonly<Record<Exclude<PolicyReason, 'similar-trace'>, Partial<JudgedFacts>>> = {
  'too-few-steps': { n_events: 2 },
  'too-many-steps': { n_events: 5_001 },
  'events-too-large': {
    events: JSON.stringify([
      ...(JSON.parse(EVENTS) as object[]),
      line(4, { s: 'é'.repeat(2 ** 19) }),
    ]),
  },
  'output-too-large': { stdout: 'a'.repeat(2_048), stderr: 'b'.repeat(2_049) },
  'return-too-large': { return_value: `'${'a'.repeat(1_023)}'` },
  trivial: { events: JSON.stringify([line(1), line(2), line(2)]) },
  'line-coverage-low': { line_coverage: 0.59 },
  'branch-coverage-low': { branch_coverage: 0.49 },
  'coverage-unknown': { line_coverage: null },
  'values-cut': { n_cut_values: 1 },
  'opaque-steps': { n_opaque: 101 },
  'return-not-literal': { return_is_literal: false },
  'license-refused': { license: 'MIT AND GPL-3.0-only' },
  'license-unknown': { license: null },
  'personal-data': { call: 'f("a.person@mail-host.io")' },
  secret: { stdout: ['-----BEGIN ', 'PRIVATE KEY-----'].join('') },
  'not-confirmed': { confirm_differs: null },
  'confirm-differs': { confirm_differs: ['exception', 'stdout'] },
};

describe('a policy of every rule', () => {
  const policy: Policy = { ...STRICT, coverage: { ...STRICT.coverage, unknown: 'reject' } };

  it('accepts a row that breaks none', () => {
    expect(judge(policy, GOOD)).toEqual([]);
  });

  it.each(Object.entries(BROKEN))('gives %s where that rule alone is broken', (reason, change) => {
    expect(judge(policy, rowOf(change))).toEqual([reason]);
  });

  it('gives every reason that applies, in the order of the list', () => {
    const { 'too-few-steps': few, secret, ...others } = BROKEN;
    const all = judge(policy, rowOf({ ...secret, ...few, ...others['values-cut'], license: null }));
    expect(all).toEqual(['too-few-steps', 'values-cut', 'license-unknown', 'secret']);
    const places = all.map((reason) => POLICY_REASONS.indexOf(reason as PolicyReason));
    expect(places).toEqual([...places].sort((a, b) => a - b));
  });

  it('needs no column that it does not ask for', () => {
    const asked = new Set<string>(judgedColumns(policy));
    const row = Object.fromEntries(Object.entries(GOOD).filter(([name]) => asked.has(name)));
    expect(judge(policy, row as unknown as JudgedFacts)).toEqual([]);
  });
});

describe('the document of a policy', () => {
  it('has every key of the page, and the page every key and reason', () => {
    for (const key of POLICY_KEYS) expect(strictBlock).toContain(key);
    for (const reason of POLICY_REASONS) expect(page).toContain(`\`${reason}\``);
  });

  it('is refused with all mistakes at once', () => {
    const text =
      'policyVersion: 1\nname: default@2\nlabels: [dull]\nsteps: { min: 9, max: 3 }\nspeed: 1\n';
    const error = thrownBy(() => parsePolicyText(text, 'p.yaml'));
    expect(error).toMatchObject({ code: 'policy-invalid' });
    for (const word of [
      'name is of the program',
      '"dull" is not known',
      'steps has a min',
      'speed',
    ]) {
      expect((error as Error).message).toContain(word);
    }
  });

  it('is refused where it is no YAML, too large, or no mapping', () => {
    for (const text of ['{', 'a: &a [1]\n'.padEnd(2 ** 20 + 9, ' '), '7']) {
      expect(thrownBy(() => parsePolicyText(text, 'p.yaml'))).toMatchObject({
        code: 'policy-invalid',
      });
    }
  });
});
