// What became of the corpus on its way to rows, step by step, and that nothing is missing between them.
import { grouped } from '../../core/grouped.ts';
import type { Counts, Equation } from '../../contract/balance.ts';
import {
  EXTRACTION_REASONS,
  FUNCTION_REASONS,
  INPUT_REASONS,
  LABELS,
  OUTCOMES,
  POLICY_REASONS,
  RECORD_REASONS,
  ROW_REASONS,
} from '../../contract/outcome.ts';
import { plot, share, table } from './text.ts';

interface Step {
  readonly what: string;
  readonly from: number;
  readonly kept: number;
  /** Where the rest went. */
  readonly lost: readonly (readonly [string, number])[];
}

function stepsOf(counts: Counts): Step[] {
  return [
    {
      what: 'records read',
      from: counts.recordsRead,
      kept: counts.recordsParsed,
      lost: [['rejected', counts.recordsRejected]],
    },
    {
      what: 'functions found',
      from: counts.functionsFound,
      kept: counts.functionsKept,
      lost: [
        ['duplicates', counts.functionsDuplicate],
        ['contaminated', counts.functionsContaminated],
        ['rejected', counts.functionsRejected],
      ],
    },
    {
      what: 'functions kept',
      from: counts.functionsKept,
      kept: counts.functionsWithInputs,
      lost: [['without inputs', counts.functionsWithoutInputs]],
    },
    {
      what: 'inputs found',
      from: counts.inputsFound,
      kept: counts.inputsKept,
      lost: [['dropped', counts.inputsDropped]],
    },
    {
      what: 'invocations run',
      from: counts.invocationsPlanned,
      kept: counts.outcomes,
      lost: [['faulted', counts.invocationsFaulted]],
    },
    {
      what: 'outcomes judged',
      from: counts.outcomes,
      kept: counts.accepted,
      lost: [
        ['rejected', counts.rejected],
        ['duplicates of a trace', counts.duplicateTraces],
      ],
    },
  ];
}

const UNITS: readonly (readonly [string, readonly string[]])[] = [
  ['record', RECORD_REASONS],
  ['function', [...EXTRACTION_REASONS, ...FUNCTION_REASONS]],
  ['input', INPUT_REASONS],
  ['row', [...OUTCOMES, ...LABELS, ...POLICY_REASONS, ...ROW_REASONS]],
];

/** What has no heading here is the code of a fault. */
const unitOf = (reason: string): string =>
  UNITS.find(([, reasons]) => reasons.includes(reason))?.[0] ?? 'fault';

function reasonRows(counts: Counts): string[][] {
  return Object.entries(counts.byReason)
    .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
    .map(([reason, rows]) => [`\`${reason}\``, unitOf(reason), grouped(rows)]);
}

export function lossSection(counts: Counts, balance: readonly Equation[]): string {
  const steps = stepsOf(counts);
  const rows = steps.map(({ what, from, kept, lost }) => [
    what,
    grouped(from),
    grouped(kept),
    share(kept, from),
    lost
      .filter(([, count]) => count > 0)
      .map(([why, count]) => `${why} ${grouped(count)}`)
      .join(', '),
  ]);
  const funnel = steps.map(({ what, from }) => ({ label: what, value: from }));
  const reasons = reasonRows(counts);
  const outcomes = Object.entries(counts.byOutcome)
    .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
    .map(([outcome, count]) => [`\`${outcome}\``, grouped(count), share(count, counts.outcomes)]);
  return [
    '## From the corpus to rows',
    table(['step', 'from', 'kept', 'share', 'the rest'], rows),
    plot(
      'of which there are',
      [...funnel, { label: 'rows accepted', value: counts.accepted }],
      null,
    ),
    ...(outcomes.length === 0 ? [] : [table(['outcome', 'invocations', 'share'], outcomes)]),
    ...(reasons.length === 0 ? [] : [table(['reason', 'of', 'ledger rows'], reasons)]),
    'Nothing is lost between a corpus and its rows:',
    `${table(
      ['balance', 'both sides'],
      balance.map(({ name, left, right }) => [name, `${grouped(left)} = ${grouped(right)}`]),
    )}\n`,
  ].join('\n\n');
}
