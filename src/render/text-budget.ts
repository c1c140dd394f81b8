// How long the text of one value may be. An object that is reached by many ways is written out at each, so that a dozen small
// lists can be a text that no memory holds, and a chain of objects one that no stack does.

const CHARS_MIN = 2 ** 20;
/** A token has six letters at most; spaces in a text of the program may be one. */
const CHARS_OF_TOKEN = 64;
/** Below what a string can hold. */
const CHARS_MAX = 2 ** 28;
/** Objects in objects. The same on each machine, and well below what a stack of the default size takes. */
const DEPTH_MAX = 700;

class TextTooLongError extends Error {
  constructor() {
    super('the text of a value is too long, or its objects lie too deep in each other');
  }
}

let most = CHARS_MAX;
let written = 0;
let isInValue = false;

/** The text of a value, which `write` makes of its parts; one value may be written within another. */
export function wholeText(write: () => string): string {
  if (isInValue) return write();
  isInValue = true;
  written = 0;
  try {
    return write();
  } finally {
    isInValue = false;
  }
}

/** A place in the count, for `countText`. */
export const countedSoFar = (): number => written;

/** Counts what a text has beyond its parts, which were counted since `before`. */
export function countText(text: string, before: number): string {
  written = Math.max(written, before + text.length);
  if (written > most) throw new TextTooLongError();
  return text;
}

/** `path` are the objects in which one stands. */
export function checkDepth(path: readonly string[]): void {
  if (path.length > DEPTH_MAX) throw new TextTooLongError();
}

/** What `work` gives, or null where one of its values is too long for an example of so many tokens, or lies too deep. */
export function withinTokens<T>(tokens: number, work: () => T): T | null {
  most = Math.max(CHARS_MIN, CHARS_OF_TOKEN * tokens);
  try {
    return work();
  } catch (error) {
    if (error instanceof TextTooLongError) return null;
    throw error;
  } finally {
    most = CHARS_MAX;
  }
}
