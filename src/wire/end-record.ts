// The end record of a stream (docs/trace-format.md §9.6): what the program may have written in its place is refused here, so that
// nothing that reads a row meets texts that are not what they are said to be.
import { END_OUTCOMES } from '../contract/trace.ts';
import type { EndOutcome, EndRecord } from '../contract/trace.ts';

const LABELS_MAX = 64;

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = (value: unknown): value is string => typeof value === 'string';
const isTextOrNull = (value: unknown): value is string | null => value === null || isText(value);
const isAbsentOr = (is: (value: unknown) => boolean, value: unknown): boolean =>
  value === undefined || is(value);
const isNumber = (value: unknown): boolean => typeof value === 'number';
const isListOf = (
  is: (value: unknown) => boolean,
  value: unknown,
  lengthMax = Number.POSITIVE_INFINITY,
): boolean => Array.isArray(value) && value.length <= lengthMax && value.every(is);

/** A literal, a reference, or a cut. */
function isValue(value: unknown): boolean {
  if (isText(value)) return true;
  if (!isFields(value) || !isText(value['type'])) return false;
  if (value['cut'] !== undefined) return value['cut'] === 'depth';
  return isText(value['head']) && isNumber(value['len']) && isText(value['sha256']);
}

const isPair = (value: unknown): boolean =>
  Array.isArray(value) && value.length === 2 && value.every(isValue);

const TEXTS = ['name', 'repr', 'rest'];
const VALUES = [
  ...['value', 'self', 'func', 'over', 'cause', 'context', 'maxlen', 'default_factory'],
  ...['start', 'stop', 'step'],
];

/** What an object is; other keys say nothing that is read. */
function isDefinition(entry: unknown): boolean {
  if (!isFields(entry) || !isText(entry['type'])) return false;
  return (
    TEXTS.every((key) => isAbsentOr(isText, entry[key])) &&
    VALUES.every((key) => isAbsentOr(isValue, entry[key])) &&
    isAbsentOr(isNumber, entry['len']) &&
    isAbsentOr((items) => isListOf(isValue, items), entry['items']) &&
    isAbsentOr((pairs) => isListOf(isPair, pairs), entry['entries']) &&
    isAbsentOr((names) => isListOf(isText, names), entry['names']) &&
    isAbsentOr(
      (fields) => isFields(fields) && Object.values(fields).every(isValue),
      entry['fields'],
    ) &&
    entry['ops'] === undefined
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

/** A value that is no literal: itself and its objects. */
function isGraph(text: string): boolean {
  const graph = parsed(text);
  return (
    isFields(graph) &&
    isValue(graph['value']) &&
    isFields(graph['heap']) &&
    Object.values(graph['heap']).every(isDefinition)
  );
}

export function isEndRecord(value: unknown): value is EndRecord {
  if (!isFields(value)) return false;
  const texts = ['returnValue', 'returnType', 'exceptionType', 'exceptionMessage', 'argsAfter'];
  const { outcome, returnValue, returnIsLiteral, argsAfter, labels, fuel } = value;
  return (
    Object.keys(value).length === texts.length + 4 &&
    END_OUTCOMES.includes(outcome as EndOutcome) &&
    texts.every((name) => isTextOrNull(value[name])) &&
    (returnIsLiteral === null || typeof returnIsLiteral === 'boolean') &&
    (returnIsLiteral !== false || (isText(returnValue) && isGraph(returnValue))) &&
    (!isText(argsAfter) || isFields(parsed(argsAfter))) &&
    isListOf(isText, labels, LABELS_MAX) &&
    (fuel === null || (Number.isSafeInteger(fuel) && Number(fuel) >= 0))
  );
}
