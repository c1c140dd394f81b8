// The text of a function that similarity is measured on.
import type { FunctionPayload } from '../contract/sealed-rows.ts';

interface Lines {
  /** From 1, inclusive; null where they are not known. */
  readonly lineStart: number | null;
  readonly lineEnd: number | null;
}

/** The lines of a function in the text that holds it; the whole text where they are not known. */
export function ownLines(source: string, { lineStart, lineEnd }: Lines): string {
  if (lineStart === null || lineEnd === null) return source;
  return source
    .split('\n')
    .slice(lineStart - 1, lineEnd)
    .join('\n');
}

/** The function's own lines: all methods of a class have one text, and so have all imports of a module. */
export function ownText({ source, provenance }: FunctionPayload): string {
  return ownLines(source, provenance);
}
