// A seeded sample of what has a reason, for the eye: drawn from the ledger of a set, so that what was dropped before it ran
// can be looked at too.
import type { LedgerRow, TraceRow } from '../contract/row.ts';
import { rankOf } from './card/examples.ts';
import { LeastRanked } from './least-ranked.ts';
import { readSetManifest } from './manifest.ts';
import type { ObjectStore } from './object-store.ts';
import { rowReader, rowsAt } from './row-reader.ts';
import { entriesOf, openLedger, openRows } from './set-files.ts';
import type { SetFiles } from './set-files.ts';

export interface SampleAsk {
  /** A reason, an outcome, or the code of a fault; null takes accepted rows. */
  readonly reason: string | null;
  readonly rows: number;
  readonly seed: number;
}

export interface SampledRow {
  readonly link: LedgerRow;
  /** Null where nothing of it is published. */
  readonly row: TraceRow | null;
}

export interface Sample {
  /** How many there are. */
  readonly found: number;
  /** In an order that the seed decides. */
  readonly rows: readonly SampledRow[];
}

interface Drawn {
  readonly rank: string;
  readonly link: LedgerRow;
}

function isWanted(link: LedgerRow, reason: string | null): boolean {
  if (reason === null) return link.verdict === 'accepted';
  return link.reasons.includes(reason) || (link.unit === 'invocation' && link.outcome === reason);
}

/** Throws AppError `object-missing` where the set is not published, `object-damaged`, `store-*`. */
export async function sampleRows(store: ObjectStore, set: string, ask: SampleAsk): Promise<Sample> {
  const files: SetFiles = { store, manifest: await readSetManifest(store, set) };
  const least = new LeastRanked<Drawn>(ask.rows);
  let found = 0;
  for (const entry of entriesOf(files, 'ledger')) {
    const file = await openLedger(files, entry);
    for await (const links of file.chunks()) {
      for (const link of links) {
        if (!isWanted(link, ask.reason)) continue;
        found += 1;
        least.add({ rank: rankOf(link, ask.seed), link });
      }
    }
  }
  const links = least.least().map(({ link }) => link);
  const open = async (key: string) => rowReader(await openRows(files, { key }));
  const rows = await rowsAt(links, open);
  return {
    found,
    rows: links.map((link, index) => ({ link, row: rows[index] ?? null })),
  };
}
