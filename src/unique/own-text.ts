// The text of a function that similarity is measured on.
import type { FunctionPayload } from '../contract/sealed-rows.ts';

/** The function's own lines: all methods of a class have one text, and so have all imports of a module. */
export function ownText({ source, provenance }: FunctionPayload): string {
  const { lineStart, lineEnd } = provenance;
  if (lineStart === null || lineEnd === null) return source;
  return source
    .split('\n')
    .slice(lineStart - 1, lineEnd)
    .join('\n');
}
