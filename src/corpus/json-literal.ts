// Values of JSON as Python literals. Numbers stay the text that they were, since JavaScript would round them. The only
// importer of lossless-json.
import { isLosslessNumber, parse } from 'lossless-json';

const DEPTH_MAX = 200;

/** JSON's escapes are all Python's too, so that a text is its own literal. */
function literal(value: unknown, depth = 0): string {
  if (depth > DEPTH_MAX) throw new RangeError('a value is nested too deep');
  if (value === null) return 'None';
  if (isLosslessNumber(value)) return value.value;
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'string') return JSON.stringify(value);
  if (Array.isArray(value)) {
    return `[${value.map((item) => literal(item, depth + 1)).join(', ')}]`;
  }
  const entries = Object.entries(value as object).map(
    ([key, item]) => `${JSON.stringify(key)}: ${literal(item, depth + 1)}`,
  );
  return `{${entries.join(', ')}}`;
}

/** The argument lists under some names of a JSON object, as Python writes arguments. */
export function argumentLists(text: string, names: readonly string[]): string[] {
  const record = parse(text) as Readonly<Record<string, unknown>>;
  return names
    .flatMap((name) => (Array.isArray(record[name]) ? (record[name] as unknown[]) : []))
    .filter((list) => Array.isArray(list))
    .map((list) => list.map((item) => literal(item)).join(', '));
}
