// What the manifest says of training texts, from the ledger pages of the passes that made them.
import type { Equation } from '../contract/balance.ts';
import type { LedgerPage, StepInput } from '../contract/job.ts';
import type { RenderSpec, SelfContained, TextCounts } from '../contract/text.ts';
import { textBalanceOf } from '../core/balance.ts';
import { CWM_OPTIONS } from '../render/cwm.ts';
import type { CwmOptions } from '../render/cwm.ts';
import { readPage, readPages } from './ledger-pages.ts';
import type { ObjectStore } from './object-store.ts';

export interface TextFacts {
  readonly formats: readonly RenderSpec[];
  /** What the guide of the Code World Model leaves open, as it was chosen. */
  readonly cwm: CwmOptions;
  readonly counts: TextCounts;
  readonly balance: readonly Equation[];
  readonly selfContained: SelfContained;
}

function summed(pages: readonly LedgerPage[]): (name: string) => number {
  return (name) => pages.reduce((sum, { counts }) => sum + (counts[name] ?? 0), 0);
}

/** Of the passes render, select and text; the last ones in the order of their files. */
export interface TextPages {
  readonly rendered: readonly LedgerPage[];
  readonly selected: readonly LedgerPage[];
  readonly written: readonly LedgerPage[];
}

/** Throws AppError `object-missing` where a pass has not ended. */
export async function readTextPages(
  store: ObjectStore,
  at: StepInput,
  batchCount: number,
): Promise<TextPages> {
  return {
    rendered: await readPages(store, at, { pass: 'render', batchCount }),
    selected: [await readPage(store, at, { pass: 'select', batchIndex: 0 })],
    written: await readPages(store, at, { pass: 'text', batchCount }),
  };
}

export function textFacts(
  pages: TextPages,
  { formats, accepted }: { readonly formats: readonly RenderSpec[]; readonly accepted: number },
): TextFacts {
  const rendered = summed(pages.rendered);
  const selected = summed(pages.selected);
  const written = summed(pages.written);
  const counts: TextCounts = {
    traces: accepted,
    tracesRendered: rendered('tracesRendered'),
    tracesOverFunctionMax: rendered('tracesOverFunctionMax'),
    proposed: rendered('proposed'),
    tooLong: rendered('tooLong'),
    duplicates: rendered('duplicates') + selected('duplicates'),
    overBalance: selected('overBalance'),
    published: pages.written.reduce((sum, { rows }) => sum + rows, 0),
    byFormat: Object.fromEntries(
      formats.map(({ format }) => [format, written(`format.${format}`)]),
    ),
  };
  const selfContained = {
    states: rendered('states') - selected('statesShared'),
    stepsExcused: rendered('stepsExcused'),
    ambiguous: rendered('ambiguous') + selected('ambiguous'),
  };
  return { formats, cwm: CWM_OPTIONS, counts, balance: textBalanceOf(counts), selfContained };
}
