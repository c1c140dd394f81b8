// How much text the values of one example may come to. An object that is reached by many ways is written out at each, so that a
// dozen small lists can be a text that no memory holds.

const CHARS_MIN = 2 ** 20;
/** A token has six letters at most; spaces in a text of the program may be one. */
const CHARS_OF_TOKEN = 64;

/** What comes to more is too long for an example of so many tokens. */
export const charsFor = (tokens: number): number => Math.max(CHARS_MIN, CHARS_OF_TOKEN * tokens);

class TextTooLongError extends Error {}

let left = Number.POSITIVE_INFINITY;

/** Counts what is written of a value; ends the work of `withinChars` where it is too much. */
export function spend(chars: number): void {
  left -= chars;
  if (left < 0) throw new TextTooLongError('the values of a text are too long');
}

/** What `work` gives, or null where its values come to more than `max` characters. */
export function withinChars<T>(max: number, work: () => T): T | null {
  const before = left;
  left = max;
  try {
    return work();
  } catch (error) {
    if (error instanceof TextTooLongError) return null;
    throw error;
  } finally {
    left = before;
  }
}
