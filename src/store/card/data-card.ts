// README.md of a set: what is in it, what became of the corpus, and how to read it, for people and for the Hugging Face
// hub. It is a data object: the same rows give the same text, so it names no set, job, time or host.
import { grouped } from '../../core/grouped.ts';
import type { Counts, Equation } from '../../contract/balance.ts';
import type { Policy } from '../../contract/policy.ts';
import type { ObjectEntry } from '../../contract/row.ts';
import type { ResolvedSpec } from '../../contract/spec.ts';
import { SPLITS } from '../../contract/split.ts';
import type { SplitFacts } from '../../contract/split.ts';
import { HISTOGRAMS, TALLIES } from '../../core/set-statistics.ts';
import type { SetStatistics } from '../../core/set-statistics.ts';
import type { FoundExample } from './examples.ts';
import { exampleSection } from './example-section.ts';
import { lossSection } from './loss-section.ts';
import { splitSection } from './split-section.ts';
import { histogramPlot, table, tallyPlot } from './text.ts';

const TEXT_FOLDER = `
| \`text/\` | training examples of the accepted invocations; \`loss_spans\` says what is learned |`;

const hasTexts = ({ objects }: CardInput): boolean =>
  objects.some(({ key }) => key.startsWith('text/'));

/** The splits that a table has files of. */
function dataFiles(table: string, { objects }: CardInput): string {
  const splits = SPLITS.filter((split) =>
    objects.some(({ key }) => key.startsWith(`${table}/${split}-`)),
  );
  const lists = splits.map((split) => `{ split: ${split}, path: '${table}/${split}-*.parquet' }`);
  return `data_files: [${lists.join(', ')}]`;
}

const front = (input: CardInput): string => `---
configs:
  - config_name: traces
    default: true
    ${dataFiles('traces', input)}
  - config_name: rejected
    ${dataFiles('rejected', input)}
  - config_name: ledger
    ${dataFiles('ledger', input)}${
      hasTexts(input) ? `\n  - config_name: text\n    ${dataFiles('text', input)}` : ''
    }
tags: [execution-traces, python, code]
---

# Python execution traces

Real Python functions, run on real inputs in a sandbox, step by step, written by Tracemill. Each row is one
invocation: the source of the function, the input, every event with what it changed, and how it ended.

| folder | holds |
| --- | --- |
| \`traces/\` | accepted invocations, sorted by \`function_id\`, then \`input_index\` |
| \`rejected/\` | the same columns, for invocations that the quality policy refused; \`reasons\` says why |
| \`ledger/\` | one row for each record, function, input and invocation, and what became of it |${hasTexts(input) ? TEXT_FOLDER : ''}
| \`examples.jsonl\` | up to 20 of each reason, with the row where it is published |
| \`croissant.json\` | files, columns and types in the Croissant 1.0 vocabulary |
| \`manifest.json\` | the job, its counts, and size and digest of every file; written last |
`;

const READING = `## How to read it

\`\`\`python
import json
from datasets import load_dataset

traces = load_dataset("parquet", data_files="traces/train-*.parquet", split="train")
row = traces[0]
print(row["source"], row["call"], row["outcome"], row["return_value"])
for step in json.loads(row["events"]):
    print(step["kind"], step.get("line"), step.get("set"))
\`\`\`

\`events\` and \`args_after\` are JSON in plain string columns. Line numbers refer to \`source\`, from 1. Event 0 is the
call with its arguments; a \`line\` event shows the state before that line. Columns of stages that did not run are
null. \`license\` and \`license_source\` say under which terms a function was found; null where none was found.
`;

export interface CardInput {
  readonly counts: Counts;
  readonly balance: readonly Equation[];
  /** Of the accepted rows. */
  readonly statistics: SetStatistics;
  readonly examples: readonly FoundExample[];
  readonly spec: ResolvedSpec;
  readonly policy: Policy;
  /** Null where functions were not split. */
  readonly splits: SplitFacts | null;
  /** Every file but the card itself. */
  readonly objects: readonly ObjectEntry[];
}

function countsSection({ counts }: CardInput): string {
  return `## Counts\n\n${table(
    ['rows', 'count'],
    [
      ['accepted, in `traces/`', grouped(counts.accepted)],
      ['rejected, in `rejected/`', grouped(counts.rejected)],
      ['duplicates of a trace, in `ledger/` only', grouped(counts.duplicateTraces)],
      ['faulted, in `ledger/` only', grouped(counts.invocationsFaulted)],
    ],
  )}\n`;
}

function statisticsSection({ statistics }: CardInput): string {
  const { rows, functions, events, lines, eventCharacters, histograms, tallies } = statistics;
  const mean = (sum: number): string => (sum / Math.max(rows, 1)).toFixed(1);
  const totals = table(
    ['accepted rows', 'sum', 'mean'],
    [
      ['rows', grouped(rows), ''],
      ['functions', grouped(functions), ''],
      ['events', grouped(events), mean(events)],
      ['line events', grouped(lines), mean(lines)],
      ['characters of `events`', grouped(eventCharacters), mean(eventCharacters)],
    ],
  );
  const plots = [
    ...HISTOGRAMS.map((name) => histogramPlot(name, histograms[name])),
    ...TALLIES.filter((name) => Object.keys(tallies[name]).length > 0).map((name) =>
      tallyPlot(name, tallies[name]),
    ),
  ];
  const shown = rows === 0 ? [] : plots;
  return `${['## Statistics of the accepted rows', totals, ...shown].join('\n\n')}\n`;
}

/** What decided the rows: not the name of the job, nor where it published, nor when it would have given up. */
function specSection({ spec, policy }: CardInput): string {
  const { name: _name, output: _output, require: _require, retry: _retry, ...decisive } = spec;
  const json = JSON.stringify({ ...decisive, policy }, null, 2);
  // Nothing in it can end the block: JSON escapes line ends, and a fence stands at the begin of a line.
  return `## Spec\n\nWith every default, and with the quality policy that judged the rows:\n\n\`\`\`json\n${json}\n\`\`\`\n`;
}

function filesSection({ objects }: CardInput): string {
  const rows = objects.map(({ key, rows: count, bytes, digest }) => [
    `\`${key}\``,
    grouped(count),
    grouped(bytes),
    `\`${digest}\``,
  ]);
  return `## Files\n\n${table(['file', 'rows', 'bytes', 'SHA-256'], rows)}\n`;
}

/** The same input gives the same text. */
export function dataCard(input: CardInput): string {
  return [
    front(input),
    countsSection(input),
    lossSection(input.counts, input.balance),
    ...(input.splits === null ? [] : [splitSection(input.splits)]),
    statisticsSection(input),
    exampleSection(input.examples, input.counts.byReason),
    READING,
    specSection(input),
    filesSection(input),
  ].join('\n');
}
