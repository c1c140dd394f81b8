// Up to twenty rows of each reason, in a block that opens: names and ends here, all else in examples.jsonl.
import { grouped } from '../../core/grouped.ts';
import { invocationName } from '../../core/causes.ts';
import type { FoundExample } from './examples.ts';
import { plain, table } from './text.ts';

const ID_SHOWN = 12;
const TEXT_SHOWN = 80;
const HEX_RUN = /[0-9a-f]{64}/g;

/** One line, its end left out where it is long. */
function brief(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return plain(line.length <= TEXT_SHOWN ? line : `${line.slice(0, TEXT_SHOWN - 1)}…`);
}

function exampleRow({ link, row }: FoundExample): string[] {
  const id = link.id.replace(HEX_RUN, (digest) => digest.slice(0, ID_SHOWN));
  if (row === null) return [`${link.unit} ${brief(id)}`, '', brief(link.outcome)];
  const end = row.exception_type ?? row.return_value ?? row.outcome;
  return [brief(`${id} ${invocationName(row)}`), brief(row.call), brief(end)];
}

export function exampleSection(
  examples: readonly FoundExample[],
  counts: Readonly<Record<string, number>>,
): string {
  const reasons = [...new Set(examples.map(({ reason }) => reason))];
  const blocks = reasons.map((reason) => {
    const rows = examples.filter((example) => example.reason === reason);
    const of = grouped(counts[reason] ?? rows.length);
    return [
      `<details><summary><code>${reason}</code>: ${grouped(rows.length)} of ${of}</summary>`,
      table(['what', 'call', 'end'], rows.map(exampleRow)),
      '</details>',
    ].join('\n\n');
  });
  const intro =
    'Drawn by rank, the same for the same rows; `examples.jsonl` has them whole, with source and input.';
  const none = 'Nothing was rejected or dropped.';
  const lead = reasons.length === 0 ? none : intro;
  return `${['## Examples of each reason', lead, ...blocks].join('\n\n')}\n`;
}
