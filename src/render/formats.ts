// The text formats of a row, by name (docs/text-formats.md).
import type { TraceRow } from '../contract/row.ts';
import { renderCompact } from './compact.ts';
import { renderCwm } from './cwm.ts';
import { renderDirect } from './direct.ts';
import { renderDynamic } from './dynamic.ts';
import { renderInline } from './inline.ts';
import { renderScratchpad } from './scratchpad.ts';
import { renderTree } from './tree.ts';

const RENDERERS = {
  direct: (row) => renderDirect(row),
  scratchpad: (row) => renderScratchpad(row),
  compact: (row) => renderCompact(row),
  dynamic: (row) => renderDynamic(row),
  inline: (row) => renderInline(row),
  tree: (row) => renderTree(row),
  cwm: (row) => renderCwm(row),
} as const satisfies Record<string, (row: TraceRow) => string>;

export type TextFormat = keyof typeof RENDERERS;
export const TEXT_FORMATS = Object.keys(RENDERERS) as readonly TextFormat[];

/** The whole text; the same row gives the same text. */
export function renderText(row: TraceRow, format: TextFormat): string {
  return RENDERERS[format](row);
}
