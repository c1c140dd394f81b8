// What tracer/synthesis/probe.py is asked and what it answers, checked as any answer of a sandbox is: strict and bounded.
import { z } from 'zod';
import type { FunctionPayload, InputPayload } from '../contract/sealed-rows.ts';
import { INPUT_BYTES_MAX } from './analysis.ts';

/** Calls and backward jumps of one candidate: enough for a thousand turns of nested loops, little enough to try many. */
const FUEL_PER_CANDIDATE = 20_000;
/** Of all candidates of a function together: some seconds of the slowest. */
const FUEL_PER_FUNCTION = 1_000_000;

const share = z.number().min(0).max(1).nullable();
const count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);

const keptInput = z.strictObject({
  /** Place among the inputs of the request; null for one that the search found. */
  index: count.nullable(),
  setup: z.string().max(INPUT_BYTES_MAX),
  call: z.string().max(INPUT_BYTES_MAX),
  origin: z.enum(['given', 'doctest', 'test', 'fuzz', 'llm']),
  canonical_setup: z.string().max(4 * INPUT_BYTES_MAX),
  canonical_call: z.string().max(4 * INPUT_BYTES_MAX),
  labels: z.array(z.enum(['input-type-error', 'stateful'])).max(2),
  outcome: z.string().max(40),
  slice_verified: z.boolean().nullable(),
  /** The first thing in which the module shows another end than its slice. */
  slice_differs: z.enum(['outcome', 'value', 'exception', 'message', 'after']).nullable(),
});

/** What a language model wrote, as the sandbox read it: its canonical form, and why it was not run. */
const offeredInput = z.strictObject({
  index: count,
  canonical_setup: z
    .string()
    .max(4 * INPUT_BYTES_MAX)
    .nullable(),
  canonical_call: z
    .string()
    .max(4 * INPUT_BYTES_MAX)
    .nullable(),
  reason: z.enum(['input-syntax-error', 'input-form-not-allowed', 'input-unsafe']).nullable(),
});

/** Lines that one answer names at most. */
const MISSED_MAX = 200;
const lines = z.array(count).max(MISSED_MAX);

const tally = z.strictObject({
  candidates: count,
  executions: count,
  returned: count,
  raised: count,
  input_failed: count,
  junk: count,
  repeated: count,
  left_out: count,
});

export const probeAnswerSchema = z.strictObject({
  v: z.literal(1),
  /** Why nothing could be run; null where it could. */
  reason: z.string().max(200).nullable(),
  inputs: z.array(keptInput).max(1_000),
  /** Places of the request's inputs that could not be built. */
  failed: z.array(count).max(1_000),
  tally: tally.nullable(),
  fuel: count,
  /** Of the kept inputs together. */
  line_coverage: share,
  branch_coverage: share,
  mutants: z.strictObject({ made: count, killed: count }).nullable(),
  /** What no execution reached: lines of the source, and lines that leave on one way only. */
  missed: z.strictObject({ lines, half: lines, returns: z.boolean() }).nullable(),
  offered: z.array(offeredInput).max(1_000),
  /** Where the function has tests: what ended them (null where all passed), and how many of its calls were seen. */
  tests: z
    .strictObject({
      error: z.string().max(200).nullable(),
      calls: count,
      unwritten: count,
      recorded: count,
    })
    .nullable(),
});
export type ProbeAnswer = z.infer<typeof probeAnswerSchema>;

export interface ProbeRules {
  readonly keep: number;
  readonly candidates: number;
  readonly seed: number;
  /** Mutants that the kept inputs are judged by; 0 makes none. */
  readonly mutants: number;
}

/** Executions of a request by number: those that ended a child before, and the one from which on the search is over. */
export interface ProbeSkips {
  readonly leaveOut: readonly number[];
  readonly stopAt: number | null;
}

export interface ProbeQuestion {
  readonly function: FunctionPayload;
  readonly inputs: readonly InputPayload[];
  readonly rules: ProbeRules;
  /** Of the baseline only: texts of the values that arguments are chosen from without looking. */
  readonly blind?: readonly string[];
}

export function probeRequest(question: ProbeQuestion, skips: ProbeSkips): object {
  const { kind, entry, source, original, tests } = question.function;
  const { keep, candidates, seed, mutants } = question.rules;
  return {
    v: 1,
    kind,
    entry,
    source,
    original: kind === 'import' ? null : original,
    tests: tests ?? null,
    inputs: question.inputs.map(({ setup, call, origin }) => ({ setup, call, origin })),
    input_bytes_max: INPUT_BYTES_MAX,
    keep,
    mutants,
    blind: question.blind ?? null,
    fuzz: { seed, candidates, fuel: FUEL_PER_CANDIDATE, fuel_total: FUEL_PER_FUNCTION },
    leave_out: skips.leaveOut,
    stop_at: skips.stopAt,
  };
}
