// What the readers of all kinds share: texts as the digest sees them, rejects, and the check of a JSON object.
import type { z } from 'zod';
import { toLf } from '../identity/digest.ts';
import { reasonOf, withoutNulls } from '../schema/corpus-record.ts';
import type { CorpusRecord, RecordReading, RecordReason } from '../schema/corpus-record.ts';
import { SOURCE_BYTES_MAX } from '../schema/spec-shape.ts';
import type { LineContext } from './port.ts';

const LONE_SURROGATE = /\p{Surrogate}/u;

/** `file.jsonl:17`, the line counted from 1. */
export function lineLabel({ source, index }: LineContext): string {
  return `${source.name}:${String(index + 1)}`;
}

export function reject(
  context: LineContext,
  reason: RecordReason,
  label = lineLabel(context),
): RecordReading {
  return { kind: 'reject', index: context.index, label, reason };
}

/** A text that UTF-8 cannot express has no digest that another program could compute. */
function isWellFormed(...texts: readonly string[]): boolean {
  return !texts.some((text) => LONE_SURROGATE.test(text));
}

/** Line ends are LF from here on; a byte order mark before the first line is no part of a program. */
export function sourceText(text: string): string {
  return toLf(text.startsWith('\uFEFF') ? text.slice(1) : text);
}

/** Inputs that a record may give, far above what is kept of them (HumanEval+ has up to 1,100), and their characters. */
const INPUTS_MAX = 5_000;
const INPUT_CHARACTERS_MAX = 4 * 1024 * 1024;

/** The record, unless it is larger than a request to the sandbox may be under any spec, or no Unicode. */
export function readingOf(context: LineContext, record: CorpusRecord): RecordReading {
  const { source, module, entry, inputs, provenance } = record;
  const given = inputs.flatMap(({ setup, call, stdin }) => [setup, call, stdin]);
  const characters = given.reduce((sum, text) => sum + text.length, 0);
  const isTooLarge =
    inputs.length > INPUTS_MAX ||
    characters > INPUT_CHARACTERS_MAX ||
    Buffer.byteLength(source, 'utf8') > SOURCE_BYTES_MAX;
  if (isTooLarge) return reject(context, 'source-too-long', provenance.label);
  const rest = [source, module ?? '', entry ?? '', ...Object.values(provenance).map(String)];
  if (!isWellFormed(...rest, ...given)) return reject(context, 'not-utf8', provenance.label);
  return { kind: 'record', record };
}

type Checked<T> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'wrong'; readonly reason: RecordReason };

export function check<Schema extends z.ZodType>(
  schema: Schema,
  given: object,
): Checked<z.infer<Schema>> {
  const value = withoutNulls(given);
  const parsed = schema.safeParse(value);
  if (parsed.success) return { kind: 'ok', value: parsed.data };
  return { kind: 'wrong', reason: reasonOf(parsed.error, value) };
}
