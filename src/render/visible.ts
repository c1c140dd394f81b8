// Text of other people on a terminal: control and direction characters become escapes, so that none of it can move the
// cursor, colour the screen or disguise a line. Line feeds and tabs stay.

const HIDDEN = /[\p{Cc}\p{Cf}\p{Co}\p{Cs}\u2028\u2029]/gu;

function escape(character: string): string {
  if (character === '\n' || character === '\t') return character;
  const code = character.codePointAt(0) ?? 0;
  if (code <= 0xff) return `\\x${code.toString(16).padStart(2, '0')}`;
  if (code <= 0xffff) return `\\u${code.toString(16).padStart(4, '0')}`;
  return `\\U${code.toString(16).padStart(8, '0')}`;
}

/** The text with every invisible character written as a Python escape. */
export function visible(text: string): string {
  return text.replace(HIDDEN, escape);
}

/** One line: line feeds and tabs are escaped too, and the middle is left out where it is longer than `max`. */
export function visibleLine(text: string, max: number): string {
  const line = visible(text).replaceAll('\n', '\\n').replaceAll('\t', '\\t');
  if (line.length <= max) return line;
  const head = Math.ceil((max - 1) * 0.7);
  return `${line.slice(0, head)}…${line.slice(line.length - (max - 1 - head))}`;
}
