// The document of a quality policy (docs/policy.md): strict, with every mistake told at once, and with all defaults in
// what comes out.
import { z } from 'zod';
import { LABELS, OUTCOMES } from '../contract/outcome.ts';
import { CONFIRM_FACTS, PERSONAL_DATA, SECRETS } from '../contract/policy.ts';
import type { Policy } from '../contract/policy.ts';
import { AppError } from '../errors.ts';
import { DEFAULT_1 } from '../quality/policy.ts';
import { isLicenseChoice } from './license.ts';
import { problemsOf } from './problems.ts';
import { count, oneOf, share, size } from './spec-fields.ts';
import { parseYamlText } from './yaml-text.ts';

const NAME = /^[a-z0-9][a-z0-9._-]{0,62}@[1-9][0-9]{0,5}$/;
const STEPS_MAX = 1_000_000;
const BYTES_MAX = 256 * 1024 * 1024;
const KEEP_MAX = 1000;
const LICENSES_MAX = 500;

/** Names of a closed list, in the list's order, each once. */
function some<const Name extends string>(names: readonly Name[], example: string) {
  return z
    .array(z.enum(names, oneOf(...names)), { error: `is no list; write for example ${example}` })
    .transform((given) => names.filter((name) => given.includes(name)));
}

/** A whole number from 0, unlike a limit, which is at least 1. */
const most = z
  .number({ error: 'is no number; write a whole number from 0' })
  .int('is no whole number')
  .min(0, 'is below 0')
  .max(STEPS_MAX, `is above ${String(STEPS_MAX)}`)
  .optional();
const unknown = z.enum(['accept', 'reject'], oneOf('accept', 'reject')).optional();

const policySchema = z.strictObject(
  {
    policyVersion: z.literal(1, { error: 'is not 1; write policyVersion: 1' }),
    name: z
      .string({ error: 'is missing; write a name and a version, for example strict@1' })
      .regex(NAME, 'is no name; write a name and a version, for example strict@1')
      .refine((name) => !name.startsWith('default@'), 'is of the program; name yours otherwise'),
    outcomes: some(OUTCOMES, '[returned, raised]')
      .refine(({ length }) => length > 0, 'is an empty list, which accepts nothing')
      .optional(),
    labels: some(LABELS, '[nondeterministic]').optional(),
    steps: z
      .strictObject({ min: count(STEPS_MAX), max: count(STEPS_MAX) })
      .refine(({ min, max }) => min === undefined || max === undefined || min <= max, {
        error: 'has a min above its max',
      })
      .optional(),
    bytes: z
      .strictObject({ events: size(BYTES_MAX), output: size(BYTES_MAX), returned: size(BYTES_MAX) })
      .optional(),
    trivial: z.strictObject({ lines: count(STEPS_MAX), changes: count(STEPS_MAX) }).optional(),
    coverage: z.strictObject({ line: share, branch: share, unknown }).optional(),
    values: z
      .strictObject({
        cut: most,
        opaque: most,
        literal: z.boolean({ error: 'is neither true nor false' }).optional(),
      })
      .optional(),
    licenses: z
      .strictObject({
        allow: z
          .array(
            z.string({ error: 'is no text; write an SPDX id' }).refine(isLicenseChoice, {
              error: ({ input }) =>
                `${JSON.stringify(input)} is no SPDX id; write for example MIT or Apache-2.0`,
            }),
            { error: 'is no list; write for example [MIT, Apache-2.0]' },
          )
          .min(1, 'is an empty list, which allows nothing')
          .max(LICENSES_MAX, `has more than ${String(LICENSES_MAX)} entries`)
          .transform((ids) => [...new Set(ids)].sort())
          .optional(),
        unknown,
      })
      .optional(),
    personalData: some(PERSONAL_DATA, '[email]').optional(),
    secrets: some(SECRETS, '[token]').optional(),
    confirm: z
      .strictObject({
        required: z.boolean({ error: 'is neither true nor false' }).optional(),
        refuse: some(CONFIRM_FACTS, '[value]').optional(),
      })
      .optional(),
    similar: z.strictObject({ keep: count(KEEP_MAX) }).optional(),
  },
  {
    error: (issue) =>
      issue.code === 'invalid_type' ? 'is no mapping of keys; see docs/policy.md' : undefined,
  },
);

type PolicyDocument = z.infer<typeof policySchema>;

/** Every key that a document may have at its top. */
export const POLICY_KEYS = Object.keys(policySchema.shape);

/** Left-out outcomes and labels are those of `default@1`; every other rule that is left out rejects nothing. */
function withDefaults(given: PolicyDocument): Policy {
  const { steps, bytes, trivial, coverage, values, licenses, confirm } = given;
  return {
    policyVersion: 1,
    name: given.name,
    outcomes: given.outcomes ?? DEFAULT_1.outcomes,
    labels: given.labels ?? DEFAULT_1.labels,
    steps: { min: steps?.min ?? null, max: steps?.max ?? null },
    bytes: {
      events: bytes?.events ?? null,
      output: bytes?.output ?? null,
      returned: bytes?.returned ?? null,
    },
    trivial: { lines: trivial?.lines ?? null, changes: trivial?.changes ?? null },
    coverage: {
      line: coverage?.line ?? null,
      branch: coverage?.branch ?? null,
      unknown: coverage?.unknown ?? 'accept',
    },
    values: {
      cut: values?.cut ?? null,
      opaque: values?.opaque ?? null,
      literal: values?.literal ?? false,
    },
    licenses: { allow: licenses?.allow ?? null, unknown: licenses?.unknown ?? 'accept' },
    personalData: given.personalData ?? [],
    secrets: given.secrets ?? [],
    confirm: { required: confirm?.required ?? false, refuse: confirm?.refuse ?? [] },
    similar: { keep: given.similar?.keep ?? null },
  };
}

/** Checks a policy file (YAML, or JSON). `file` is for messages. Throws AppError `policy-invalid` that names every bad key. */
export function parsePolicyText(text: string, file: string): Policy {
  const value = parseYamlText(text, { what: 'policy', file, code: 'policy-invalid' });
  const parsed = policySchema.safeParse(value);
  if (parsed.success) return withDefaults(parsed.data);
  const lines = problemsOf(parsed.error, 'policy (docs/policy.md)').map(
    ({ path, message }) => `${path || 'the document'} ${message}`,
  );
  throw new AppError(
    'policy-invalid',
    `policy ${JSON.stringify(file)}: ${lines.join('\n          ')}`,
  );
}
