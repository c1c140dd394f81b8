// What a server asks for with the header Retry-After.

/**
 * Ms from `now` (as of Date.now), at most `maxMs`; null where it asks for nothing. Seconds or an HTTP date, by RFC 9110
 * §10.2.3; a date that is past asks for no pause.
 */
export function retryAfterMs(
  header: string | null | undefined,
  maxMs: number,
  now: number,
): number | null {
  const text = header?.trim() ?? '';
  const ms = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) * 1_000 : dateOf(text) - now;
  return Number.isNaN(ms) ? null : Math.min(Math.max(ms, 0), maxMs);
}

/** NaN where it is none. Each of HTTP's three forms begins with the name of its day, and the oldest leaves GMT unsaid. */
function dateOf(text: string): number {
  if (!/^[A-Z][a-z]{2}/.test(text)) return Number.NaN;
  return Date.parse(text.endsWith('GMT') ? text : `${text} GMT`);
}
