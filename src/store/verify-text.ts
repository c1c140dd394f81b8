// Checks the training texts of a set against its traces: each row must be what its trace gives, letter for letter, and what
// the manifest counts must be there.
import type { ObjectEntry } from '../contract/row.ts';
import type { ResolvedSpec } from '../contract/spec.ts';
import type { TextRow } from '../contract/text.ts';
import { textBalanceOf } from '../core/balance.ts';
import { canonicalJson } from '../identity/digest.ts';
import { Offers, Steps, offerSpecOf } from '../render/offers.ts';
import { textRow } from '../render/text-rows.ts';
import { entriesOf, keyInStore, openRows } from './set-files.ts';
import type { SetFiles } from './set-files.ts';
import { openStored } from './stored-table.ts';
import { TEXT, asRun } from './tables.ts';
import type { TextFacts } from './text-facts.ts';

const PROBLEMS_MAX = 5;

export interface TextCheck {
  /** Rows that were compared. */
  readonly rows: number;
  readonly problems: readonly {
    readonly entry: Pick<ObjectEntry, 'key'>;
    readonly problem: string;
  }[];
}

class Tally {
  readonly problems: { entry: Pick<ObjectEntry, 'key'>; problem: string }[] = [];
  readonly byFormat = new Map<string, number>();
  rows = 0;

  report(entry: Pick<ObjectEntry, 'key'>, problem: string): void {
    if (this.problems.length < PROBLEMS_MAX) this.problems.push({ entry, problem });
  }

  count({ format }: TextRow): void {
    this.rows += 1;
    this.byFormat.set(format, (this.byFormat.get(format) ?? 0) + 1);
  }
}

async function* rowsOf(files: SetFiles, entry: Pick<ObjectEntry, 'key'>): AsyncGenerator<TextRow> {
  const file = await openStored(files.store, asRun(TEXT), keyInStore(files, entry));
  for await (const rows of file.chunks()) yield* rows;
}

const shown = (id: string): string => id.slice(0, 12);

/** Rows of a file lie in the order in which its traces offer them, so that both are read once, side by side. */
async function checkFile(
  files: SetFiles,
  entries: { readonly text: ObjectEntry; readonly traces: ObjectEntry },
  to: { readonly offers: Offers; readonly steps: Steps; readonly tally: Tally },
): Promise<void> {
  const { offers, steps, tally } = to;
  const rows = rowsOf(files, entries.text);
  let next = await rows.next();
  let last = '';
  for await (const traces of (await openRows(files, entries.traces)).chunks()) {
    for (const trace of traces) {
      if (trace.function_id !== last) steps.finish();
      last = trace.function_id;
      steps.take(trace);
      for (const { example } of offers.take(trace) ?? []) {
        if (next.done === true) continue;
        const wanted = textRow(trace, example);
        if (next.value.id !== wanted.id) continue;
        if (canonicalJson(next.value) !== canonicalJson(wanted)) {
          tally.report(entries.text, `row ${shown(wanted.id)} is not what its trace gives`);
        }
        tally.count(next.value);
        next = await rows.next();
      }
    }
  }
  steps.finish();
  if (next.done !== true) {
    tally.report(entries.text, `row ${shown(next.value.id)} is of no trace that offers it there`);
  }
}

function countProblems(text: TextFacts, tally: Tally, offers: Offers): string[] {
  const { counts, balance } = text;
  const { tracesRendered, tracesOverFunctionMax, proposed, tooLong } = offers.counts;
  const counted = { tracesRendered, tracesOverFunctionMax, proposed, tooLong };
  const formats = Object.fromEntries(text.formats.map(({ format }) => [format, 0]));
  const wanted = {
    ...counts,
    ...counted,
    published: tally.rows,
    byFormat: { ...formats, ...Object.fromEntries(tally.byFormat) },
  };
  const sums = textBalanceOf(wanted);
  return [
    ...(canonicalJson(wanted) === canonicalJson(counts) ? [] : ['counts texts otherwise']),
    ...(sums.every(({ holds }) => holds) ? [] : ['has texts that do not balance']),
    ...(canonicalJson(sums) === canonicalJson(balance) ? [] : ['has another balance of texts']),
  ];
}

/** Renders all traces again. Throws AppError `object-*` and `store-*`. */
export async function checkText(
  files: SetFiles,
  text: TextFacts,
  spec: Pick<ResolvedSpec, 'render' | 'balance'>,
): Promise<TextCheck> {
  const tally = new Tally();
  const offers = new Offers(offerSpecOf(spec));
  const steps = new Steps();
  const traces = entriesOf(files, 'traces');
  for (const [index, entry] of entriesOf(files, 'text').entries()) {
    const own = traces[index];
    if (own === undefined) tally.report(entry, 'belongs to no file of traces');
    else await checkFile(files, { text: entry, traces: own }, { offers, steps, tally });
  }
  const manifest = { key: 'manifest.json' };
  for (const problem of countProblems(text, tally, offers)) tally.report(manifest, problem);
  if (steps.counts.ambiguous > 0) {
    tally.report(manifest, `${String(steps.counts.ambiguous)} states have two next ones`);
  }
  return { rows: tally.rows, problems: tally.problems };
}
