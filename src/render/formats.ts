// The text formats of a row, by name (docs/text-formats.md).
import type { TraceRow } from '../contract/row.ts';
import { renderCwm } from './cwm.ts';
import { renderDynamic } from './dynamic.ts';
import { renderCompact, renderScratchpad } from './scratchpad.ts';

const RENDERERS = {
  scratchpad: (row) => renderScratchpad(row),
  compact: (row) => renderCompact(row),
  dynamic: (row) => renderDynamic(row),
  cwm: (row) => renderCwm(row),
} as const satisfies Record<string, (row: TraceRow) => string>;

export type TextFormat = keyof typeof RENDERERS;
export const TEXT_FORMATS = Object.keys(RENDERERS) as readonly TextFormat[];

/** The whole text; the same row gives the same text. */
export function renderText(row: TraceRow, format: TextFormat): string {
  return RENDERERS[format](row);
}
