// Fields that several parts of a job spec have, with the sentence for each mistake.
import { z } from 'zod';
import { parseShare, parseSize } from './units.ts';

/** A number of `parse`'s unit from 1 to `max`. */
export function measure(parse: (value: unknown) => number | null, max: number, example: string) {
  return z.unknown().transform((value, context) => {
    const number = parse(value);
    if (number !== null && number >= 1 && number <= max) return number;
    context.addIssue(
      `${JSON.stringify(value)} is not from 1 to ${String(max)}; write a whole number or, for example, ${example}`,
    );
    return z.NEVER;
  });
}

export const size = (max: number) => measure(parseSize, max, '256MiB').optional();
export const count = (max: number) =>
  measure((value) => (typeof value === 'number' ? parseSize(value) : null), max, '1000').optional();
export const share = z
  .unknown()
  .transform((value, context) => {
    const fraction = parseShare(value);
    if (fraction !== null) return fraction;
    context.addIssue(`${JSON.stringify(value)} is no share; write for example 30% or 0.3`);
    return z.NEVER;
  })
  .optional();

/** For a value that is one of a list. */
export const oneOf = (
  ...values: readonly string[]
): { error: (issue: { input?: unknown }) => string } => ({
  error: ({ input }) =>
    input === undefined
      ? `is missing; write ${values.join(' or ')}`
      : `${JSON.stringify(input)} is not known; write ${values.join(' or ')}`,
});
