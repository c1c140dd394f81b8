// README.md of a set: what is in it and how to read it, for people and for the Hugging Face hub. It is a data object: the
// same rows give the same text, so it names no set, job, time or host.
import type { Counts, Equation } from '../contract/balance.ts';

function table(
  head: readonly [string, string],
  rows: readonly (readonly [string, string])[],
): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [line(head), line(['---', '---:']), ...rows.map(line)].join('\n');
}

/** No table where nothing was counted; most frequent first. */
function tallied(
  head: readonly [string, string],
  counts: Readonly<Record<string, number>>,
): string[] {
  const rows = Object.entries(counts)
    .sort(([a, x], [b, y]) => y - x || (a < b ? -1 : 1))
    .map(([name, count]): [string, string] => [`\`${name}\``, String(count)]);
  return rows.length === 0 ? [] : [`${table(head, rows)}\n`];
}

const FRONT = `---
configs:
  - config_name: traces
    default: true
    data_files: [{ split: train, path: 'traces/train-*.parquet' }]
  - config_name: rejected
    data_files: [{ split: train, path: 'rejected/train-*.parquet' }]
  - config_name: ledger
    data_files: [{ split: train, path: 'ledger/train-*.parquet' }]
tags: [execution-traces, python, code]
---

# Python execution traces

Real Python functions, run on real inputs in a sandbox, step by step, written by Tracemill. Each row is one
invocation: the source of the function, the input, every event with what it changed, and how it ended.

| folder | holds |
| --- | --- |
| \`traces/\` | accepted invocations, sorted by \`function_id\`, then \`input_index\` |
| \`rejected/\` | the same columns, for invocations that the quality policy refused; \`reasons\` says why |
| \`ledger/\` | one row for each record, function, input and invocation, and what became of it |
| \`manifest.json\` | the job, its counts, and size and digest of every file; written last |
`;

const READING = `## How to read it

\`\`\`python
import json
from datasets import load_dataset

traces = load_dataset("parquet", data_files="traces/*.parquet", split="train")
row = traces[0]
print(row["source"], row["call"], row["outcome"], row["return_value"])
for step in json.loads(row["events"]):
    print(step["kind"], step.get("line"), step.get("set"))
\`\`\`

\`events\` and \`args_after\` are JSON in plain string columns. Line numbers refer to \`source\`, from 1. Event 0 is the
call with its arguments; a \`line\` event shows the state before that line. Columns of stages that did not run are
null. \`license\` and \`license_source\` say under which terms a function was found; null where none was found.
`;

/** The same counts and equations give the same text. */
export function dataCard(counts: Counts, balance: readonly Equation[]): string {
  return [
    FRONT,
    `## Counts\n\n${table(
      ['rows', 'count'],
      [
        ['accepted, in `traces/`', String(counts.accepted)],
        ['rejected, in `rejected/`', String(counts.rejected)],
        ['duplicates of a trace, in `ledger/` only', String(counts.duplicateTraces)],
        ['faulted, in `ledger/` only', String(counts.invocationsFaulted)],
      ],
    )}\n`,
    ...tallied(['outcome', 'invocations'], counts.byOutcome),
    ...tallied(['reason', 'ledger rows'], counts.byReason),
    `Nothing is lost between a corpus and its rows:\n\n${table(
      ['balance', 'both sides'],
      balance.map(({ name, left, right }) => [name, `${String(left)} = ${String(right)}`]),
    )}\n`,
    READING,
  ].join('\n');
}
