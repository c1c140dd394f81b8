// tracemill diff: what became of every row between two versions of a set.
import { createWriteStream } from 'node:fs';
import type { WriteStream } from 'node:fs';
import { once } from 'node:events';
import type { Command } from 'commander';
import { AppError } from '../errors.ts';
import { visible, visibleLine } from '../render/visible.ts';
import type { Answer } from './answers.ts';
import type { CommandContext, ExitCode, JsonOption, Run } from './context.ts';
import { JSON_FLAG, JSON_HELP } from './context.ts';
import { isSetReference } from './job-ref.ts';
import { wholeNumber } from './numbers.ts';
import type { DiffRow, DiffTotals } from './ports.ts';
import { grouped } from '../core/grouped.ts';
import { counted, table } from './table.ts';

interface DiffFlags extends JsonOption {
  readonly limit: number;
  readonly to?: string;
}

const ROWS_DEFAULT = 20;
const ROWS_MAX = 100_000;
/** Reasons combine freely; what goes beyond is counted together. */
const WHYS_MAX = 1_000;
const OTHER = 'other reasons (--to lists every row)';

class Changes {
  readonly #counts = new Map<string, { change: DiffRow['change']; why: string; rows: number }>();
  readonly rows: DiffRow[] = [];
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  add(row: DiffRow): void {
    const { change } = row;
    const known = this.#counts.get(`${change} ${row.why}`);
    const why = known !== undefined || this.#counts.size < WHYS_MAX ? row.why : OTHER;
    const entry = this.#counts.get(`${change} ${why}`) ?? { change, why, rows: 0 };
    this.#counts.set(`${change} ${why}`, entry);
    entry.rows += 1;
    if (this.rows.length < this.#limit) this.rows.push(row);
  }

  counts(): { change: DiffRow['change']; why: string; rows: number }[] {
    return [...this.#counts.values()].sort((a, b) => b.rows - a.rows || (a.why < b.why ? -1 : 1));
  }
}

/** Throws AppError `usage` where the file is there or cannot be written. */
async function openFile(path: string): Promise<WriteStream> {
  const file = createWriteStream(path, { flags: 'wx' });
  try {
    await once(file, 'open');
    return file;
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown';
    const why =
      code === 'EEXIST' ? 'is there already; name another' : `cannot be written (${code})`;
    throw new AppError('usage', `file ${JSON.stringify(path)} ${why}`, { cause });
  }
}

/** What became of the training texts; nothing where neither version has any. */
function textsText({ before, after, same }: DiffTotals['texts']): string[] {
  if (before === null && after === null) return [];
  const told = (counts: typeof before): string => {
    const found = Object.entries(counts ?? {}).filter(([, examples]) => examples > 0);
    if (found.length === 0) return 'none';
    return found.map(([format, examples]) => `${visible(format)} ${grouped(examples)}`).join(', ');
  };
  if (same) return [`Texts: the same, ${told(after)}.`];
  return [`Texts before: ${told(before)}.`, `Texts after:  ${told(after)}.`];
}

function diffText(
  ask: { readonly before: string; readonly after: string },
  changes: Changes,
  { same, texts }: DiffTotals,
): string {
  const counts = changes.counts();
  const total = counts.reduce((sum, { rows }) => sum + rows, 0);
  const shown = changes.rows.map(({ change, name, why }) => [
    change,
    visibleLine(name, 60),
    visible(why),
  ]);
  return [
    `${ask.before} and ${ask.after}: ${counted(same, 'row')} the same, ${grouped(total)} not.`,
    ...textsText(texts),
    ...(total === 0
      ? []
      : [
          '',
          table(
            ['rows', 'change', 'why'],
            counts.map(({ change, why, rows }) => [grouped(rows), change, visible(why)]),
          ),
        ]),
    ...(shown.length === 0 ? [] : ['', table(['change', 'row', 'why'], shown)]),
    ...(total > shown.length ? [`… and ${counted(total - shown.length, 'more row')}`] : []),
  ].join('\n');
}

async function diff(
  context: CommandContext,
  ask: { readonly before: string; readonly after: string },
  flags: DiffFlags,
): Promise<ExitCode> {
  const { gateway, print, isJson } = context;
  for (const set of [ask.before, ask.after]) {
    if (isSetReference(set)) continue;
    throw new AppError(
      'usage',
      `${JSON.stringify(set)} is no version of a set; write for example pypi@v1`,
    );
  }
  const changes = new Changes(flags.limit);
  const file = flags.to === undefined ? null : await openFile(flags.to);
  const sets = await gateway.sets();
  const totals = await sets.diff({ bucket: gateway.bucket(), ...ask }, async (row) => {
    changes.add(row);
    if (file?.write(`${JSON.stringify(row)}\n`) === false) await once(file, 'drain');
  });
  if (file !== null) {
    file.end();
    await once(file, 'close');
  }
  const { rows } = changes;
  if (isJson) {
    print.json({ ...ask, ...totals, changes: changes.counts(), rows } satisfies Answer<'diff'>);
  } else print.answer(diffText(ask, changes, totals));
  return 0;
}

export function registerDiff(program: Command, run: Run): void {
  program
    .command('diff')
    .description('say what became of every row between two versions of a data set')
    .argument('<SET>', 'the older version, name@v1')
    .argument('<SET>', 'the newer one')
    .option(
      '--limit <N>',
      'how many rows to list',
      wholeNumber('--limit', 1, ROWS_MAX),
      ROWS_DEFAULT,
    )
    .option('--to <FILE>', 'write every row that is not the same, as lines of JSON')
    .option(JSON_FLAG, JSON_HELP)
    .action((before: string, after: string, flags: DiffFlags) =>
      run(flags, (context) => diff(context, { before, after }, flags)),
    );
}
