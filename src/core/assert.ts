// Checks for errors of this program itself. Operating errors are AppError; these are never caught.

export function invariant(condition: boolean, what: string): asserts condition {
  if (!condition) throw new Error(`invariant broken: ${what}`);
}
