import { describe, expect, it } from 'vitest';
import { LABELS, OUTCOMES } from '../../../src/contract/outcome.ts';
import { judge, policyOf } from '../../../src/quality/policy.ts';

const POLICY = policyOf('default@1');

describe('policy default@1', () => {
  it('accepts what the program decided and refuses every other outcome by its name', () => {
    const accepted = OUTCOMES.filter(
      (outcome) => judge(POLICY, { outcome, labels: [] }).length === 0,
    );
    expect(accepted).toEqual(['returned', 'raised', 'exited']);
    expect(judge(POLICY, { outcome: 'crashed', labels: [] })).toEqual(['crashed']);
  });

  it('refuses four labels and no other', () => {
    const refused = LABELS.filter(
      (label) => judge(POLICY, { outcome: 'returned', labels: [label] }).length > 0,
    );
    expect(refused).toEqual(['tampered', 'threads', 'nondeterministic', 'borderline']);
  });

  it('gives all reasons, in one order', () => {
    const labels = ['threads', 'opaque', 'tampered'];
    expect(judge(POLICY, { outcome: 'fuel-exceeded', labels })).toEqual([
      'fuel-exceeded',
      'tampered',
      'threads',
    ]);
  });
});
