// What a job spec says of training texts: `render` and `balance` (docs/job-spec.md).
import { z } from 'zod';
import { EXAMPLE_FORMATS, PAIR_FORMATS } from '../contract/text.ts';
import type { BalanceSpec, ExampleFormat, RenderSpec } from '../contract/text.ts';
import { AppError } from '../errors.ts';
import { problemsOf } from './problems.ts';
import { count, oneOf, share } from './spec-fields.ts';

/** Tokens: what the trained models of the first work on such data take in. */
const CONTEXT_DEFAULT = 8_192;
const CONTEXT_MAX = 16_777_216;
const PAIRS_DEFAULT = 32;
const PAIRS_MAX = 10_000;
const AHEAD_DEFAULT = [1, 2, 4, 8] as const;
const AHEAD_MAX = 1_000_000;
const AHEAD_ENTRIES_MAX = 64;
const TRACES_MAX = 1_000;

const isPairs = (format: ExampleFormat): boolean => PAIR_FORMATS.includes(format);

const entry = z
  .strictObject({
    format: z.enum(EXAMPLE_FORMATS, oneOf(...EXAMPLE_FORMATS)),
    context: count(CONTEXT_MAX),
    pairs: count(PAIRS_MAX),
    ahead: z
      .array(
        z
          .number({ error: 'is no number' })
          .int('is no whole number')
          .min(1, 'is below 1')
          .max(AHEAD_MAX, `is above ${String(AHEAD_MAX)}`),
        { error: 'is no list; write for example [1, 2, 4, 8]' },
      )
      .min(1, 'is an empty list; write for example [1, 2, 4, 8]')
      .max(AHEAD_ENTRIES_MAX, `has more than ${String(AHEAD_ENTRIES_MAX)} entries`)
      .optional(),
  })
  .superRefine(({ format, pairs, ahead }, context) => {
    if (isPairs(format)) return;
    for (const [path, value] of Object.entries({ pairs, ahead })) {
      if (value === undefined) continue;
      const message = `is read by formats ${PAIR_FORMATS.join(' and ')} only; format ${format} has no pairs`;
      context.addIssue({ code: 'custom', path: [path], message });
    }
  });

export const renderDocument = z
  .array(entry, { error: 'is no list; write for example [{ format: dynamic }]' })
  .min(1, 'is an empty list; leave it out where no text is wanted')
  .superRefine((entries, context) => {
    for (const [index, { format }] of entries.entries()) {
      if (entries.findIndex((other) => other.format === format) === index) continue;
      const message = `names format ${format} twice; write it once with all that is wanted`;
      context.addIssue({ code: 'custom', path: [index, 'format'], message });
    }
  });

export const balanceDocument = z.strictObject({
  perRepositoryMax: share,
  raisingMax: share,
  perFunctionMax: count(TRACES_MAX),
});

/** `render` and `balance` of a spec with all defaults. */
export interface Texts {
  readonly render: readonly RenderSpec[];
  readonly balance?: BalanceSpec;
}

const textsDocument = z.strictObject(
  { render: renderDocument, balance: balanceDocument.optional() },
  { error: 'is no mapping of render and balance; see docs/job-spec.md' },
);

/** `name` is for messages. Throws AppError `spec-invalid`, which names every bad key. */
export function parseTexts(document: unknown, name: string): Texts {
  const parsed = textsDocument.safeParse(document);
  if (!parsed.success) {
    const lines = problemsOf(parsed.error, 'texts of a job spec (docs/job-spec.md)').map(
      ({ path, message }) => `${path || 'the document'} ${message}`,
    );
    throw new AppError('spec-invalid', `${name}: ${lines.join('\n          ')}`);
  }
  const { render, balance } = parsed.data;
  return {
    render: resolveRender(render),
    ...(balance === undefined ? {} : { balance: resolveBalance(balance) }),
  };
}

/** In one order for one meaning, with all defaults. */
export function resolveRender(entries: z.infer<typeof renderDocument>): RenderSpec[] {
  return EXAMPLE_FORMATS.flatMap((format) => {
    const found = entries.find((each) => each.format === format);
    if (found === undefined) return [];
    const context = found.context ?? CONTEXT_DEFAULT;
    if (!isPairs(format)) return [{ format, context }];
    const ahead = [...new Set(found.ahead ?? AHEAD_DEFAULT)].sort((a, b) => a - b);
    return [{ format, context, pairs: found.pairs ?? PAIRS_DEFAULT, ahead }];
  });
}

export function resolveBalance(given: z.infer<typeof balanceDocument>): BalanceSpec {
  return {
    perRepositoryMax: given.perRepositoryMax ?? null,
    raisingMax: given.raisingMax ?? null,
    perFunctionMax: given.perFunctionMax ?? null,
  };
}
