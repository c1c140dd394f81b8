// One line of a corpus object, checked: a record as the analysis in the sandbox takes it, or why it is none. A problem
// of one line is data and never an error.
import { z } from 'zod';
import type { FunctionKind, Provenance } from '../contract/function.ts';
import type { RECORD_REASONS } from '../contract/outcome.ts';

export type RecordReason = (typeof RECORD_REASONS)[number];

export interface GivenInput {
  readonly setup: string;
  readonly call: string;
  readonly stdin: string;
}

export type RecordProvenance = Pick<
  Provenance,
  'label' | 'repository' | 'path' | 'commit' | 'license' | 'licenseSource'
>;

export interface CorpusRecord {
  /** Line of the corpus object, from 0. */
  readonly index: number;
  readonly kind: FunctionKind;
  /** LF line ends; empty for kind import. */
  readonly source: string;
  /** For kind import; also the dotted name of an extracted file's module where it is known. Else null. */
  readonly module: string | null;
  /** Each function of the text becomes a record of its own, with the part of the text that it needs. */
  readonly extract: boolean;
  /** Qualified name; null where all functions of the text are meant. */
  readonly entry: string | null;
  readonly inputs: readonly GivenInput[];
  /**
   * Assertions of a benchmark, whose calls are given inputs of the function that the first of them calls, each with the
   * same setup. Absent where the corpus has none.
   */
  readonly tests?: { readonly texts: readonly string[]; readonly setup: string };
  /**
   * The function without its tests, and both as a program. Where the job takes inputs of origin test, the first is the
   * source, and what it is called with while the second runs are its inputs. Absent where the corpus keeps no such tests.
   */
  readonly testing?: { readonly solution: string; readonly program: string };
  /** False where the corpus says by itself which calls count, as benchmarks do. */
  readonly doctests: boolean;
  readonly provenance: RecordProvenance;
}

export type RecordReading =
  | { readonly kind: 'record'; readonly record: CorpusRecord }
  | {
      readonly kind: 'reject';
      readonly index: number;
      readonly label: string;
      readonly reason: RecordReason;
    };

const text = z.string();
const optional = text.optional();

/** One line of kind jsonl, after `map`; other columns are let through and not read. */
export const jsonlRecordSchema = z.object({
  kind: z.enum(['source', 'import', 'program']).optional(),
  source: optional,
  code: optional,
  module: optional,
  entry: optional,
  calls: z.array(text).optional(),
  inputs: z.array(z.object({ setup: optional, call: optional, stdin: optional })).optional(),
  stdin: z.union([text, z.array(text)]).optional(),
  repository: optional,
  path: optional,
  commit: optional,
  license: optional,
  license_source: optional,
});
export type JsonlRecord = z.infer<typeof jsonlRecordSchema>;

/** One line of CRUXEval as published. `output` is not read: what a program returns is for the sandbox to find out. */
export const cruxevalRecordSchema = z.object({
  code: text,
  input: text,
  id: z.union([text, z.number()]).optional(),
});

const argumentLists = z.array(z.array(z.unknown())).optional();

/** One line of HumanEval as published, or of HumanEval+, whose inputs are argument lists. */
export const humanevalRecordSchema = z.object({
  task_id: text,
  prompt: text,
  canonical_solution: text,
  entry_point: text,
  test: optional,
  base_input: argumentLists,
  plus_input: argumentLists,
});

/** One line of MBPP as published; the sanitized file has `prompt` for `text` and `test_imports` for the setup. */
export const mbppRecordSchema = z.object({
  task_id: z.union([text, z.number()]),
  code: text,
  test_list: z.array(text),
  test_setup_code: optional,
  test_imports: z.array(text).optional(),
  challenge_test_list: z.array(text).optional(),
});

/** One line of LiveCodeBench's code execution as published. `input` is the whole call. */
export const lcbExecutionRecordSchema = z.object({
  code: text,
  function_name: text,
  input: text,
  id: z.union([text, z.number()]).optional(),
  question_id: z.union([text, z.number()]).optional(),
});

const provenance = {
  path: text,
  repository: optional,
  commit: optional,
  license: optional,
  license_source: optional,
};

/** One line of the archive that launch makes of files (docs/job-spec.md, "Archives"). */
export const archiveRecordSchema = z.union([
  z.strictObject({ ...provenance, text, module: optional, stdin: z.array(text).optional() }),
  z.strictObject({ ...provenance, base64: text }),
  z.strictObject({ ...provenance, bytes: z.number() }),
  z.strictObject({ ...provenance, refused: text }),
]);
export type ArchiveRecord = z.infer<typeof archiveRecordSchema>;

/** One line of the listing that a worker makes of the standard library of its sandboxes. */
export const libraryRecordSchema = z.strictObject({
  module: text,
  path: text,
  python: text,
  definitions: z.number(),
});
export type LibraryRecord = z.infer<typeof libraryRecordSchema>;

/** Null members count as absent, since tables written by other tools have them everywhere. */
export function withoutNulls(value: object): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== null));
}

/** Whether the first problem that the schema found is a field that is not there, or one of another type. */
export function reasonOf(error: z.ZodError, value: object): 'field-missing' | 'field-wrong-type' {
  const [issue] = error.issues;
  const [field] = issue?.path ?? [];
  const isTop = issue?.path.length === 1 && typeof field === 'string';
  return isTop && !Object.hasOwn(value, field) ? 'field-missing' : 'field-wrong-type';
}
