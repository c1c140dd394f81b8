// One readable trace for the end of a launch: a short accepted one that the set itself offers.
import { isAppError } from '../errors.ts';
import type { TraceRow } from '../contract/row.ts';
import { renderReadable } from '../render/readable.ts';
import type { PublishedSet, SetsPort } from './ports.ts';
import type { Printer } from './print.ts';

/** Enough for a function of a dozen lines, and still less than a screen or two. */
const EVENTS_SHOWN = 40;

/** How to name a row in the next command: `path::qualname#k` where it has a path, else a prefix of its id. */
export function referenceOf(row: TraceRow): string {
  if (row.path === null || row.qualname === null) return row.id.slice(0, 12);
  return `${row.path}::${row.qualname}#${String(row.input_index)}`;
}

/** Null where the set holds no accepted trace. */
export async function exampleOf(
  sets: SetsPort,
  published: PublishedSet,
  print: Printer,
): Promise<{ reference: string; text: string } | null> {
  try {
    const { bucket, set } = published;
    const { row } = await sets.find({ bucket, set, thing: null });
    const text = renderReadable(row, {
      paint: print.paint,
      width: print.width,
      eventsMax: EVENTS_SHOWN,
    });
    return { reference: referenceOf(row), text };
  } catch (error) {
    if (isAppError(error) && error.code === 'row-not-found') return null;
    throw error;
  }
}
