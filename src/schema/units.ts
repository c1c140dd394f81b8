// Sizes, durations and shares as people write them: `256MiB`, `5s`, `30%`. Plain numbers are bytes, milliseconds and
// fractions.

const SIZE = /^(\d+(?:\.\d+)?)\s*(B|KB|KiB|MB|MiB|GB|GiB)$/;
const DURATION = /^(\d+(?:\.\d+)?)\s*(ms|s|min|h)$/;
const SHARE = /^(\d+(?:\.\d+)?)\s*%$/;

const BYTES_PER: Readonly<Record<string, number>> = {
  B: 1,
  KB: 1000,
  KiB: 1024,
  MB: 1000 ** 2,
  MiB: 1024 ** 2,
  GB: 1000 ** 3,
  GiB: 1024 ** 3,
};
const MS_PER: Readonly<Record<string, number>> = { ms: 1, s: 1000, min: 60_000, h: 3_600_000 };

function scaled(
  value: unknown,
  pattern: RegExp,
  per: Readonly<Record<string, number>>,
): number | null {
  if (typeof value === 'number') return Number.isSafeInteger(value) && value >= 0 ? value : null;
  const match = typeof value === 'string' ? pattern.exec(value.trim()) : null;
  if (match === null) return null;
  const result = Number(match[1]) * (per[match[2] ?? ''] ?? Number.NaN);
  return Number.isSafeInteger(result) ? result : null;
}

/** Bytes, or null where the value is no size. */
export const parseSize = (value: unknown): number | null => scaled(value, SIZE, BYTES_PER);

/** Milliseconds, or null where the value is no duration. */
export const parseDuration = (value: unknown): number | null => scaled(value, DURATION, MS_PER);

/** A fraction from 0 to 1, or null where the value is no share. */
export function parseShare(value: unknown): number | null {
  const match = typeof value === 'string' ? SHARE.exec(value.trim()) : null;
  const fraction = match === null ? value : Number(match[1]) / 100;
  return typeof fraction === 'number' && fraction >= 0 && fraction <= 1 ? fraction : null;
}
