// What a server asks for with the header Retry-After.

/** Ms, at most `maxMs`; null where it asks for nothing, or for a date. */
export function retryAfterMs(header: string | null | undefined, maxMs: number): number | null {
  const seconds = Number(header ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? Math.min(seconds * 1_000, maxMs) : null;
}
