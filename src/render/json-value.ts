// Values of a trace as JSON, for the scratchpad formats: numbers, texts, true, false, null, arrays and objects as they are,
// and all else under one key that begins with `$`, so that no two values have one text.
import type { TraceValue } from '../contract/trace.ts';
import type { Heap, LiveObject } from './heap.ts';
import { parseLiteral } from './python-literal.ts';
import type { Literal } from './python-literal.ts';
import { pythonText } from './python-text.ts';
import { pythonJson } from './steps.ts';
import { checkDepth, countText, countedSoFar, wholeText } from './text-budget.ts';

/** JSON text with the separators of Python's `json.dumps`. */
export function jsonValue(heap: Heap, value: TraceValue): string {
  return wholeText(() => valueText(value, { heap, path: [] }));
}

interface At {
  readonly heap: Heap;
  readonly path: readonly string[];
}

function valueText(value: TraceValue, at: At): string {
  const before = countedSoFar();
  return countText(wordOf(value, at), before);
}

function wordOf(value: TraceValue, at: At): string {
  if (typeof value !== 'string') return tagged('repr', pythonJson(pythonText(at.heap, value)));
  const object = at.heap.get(value);
  if (object !== null) return objectText(value, object, at);
  const literal = parseLiteral(value);
  return literal === null ? tagged('repr', pythonJson(value)) : literalText(literal);
}

const tagged = (tag: string, text: string): string => `{"$${tag}": ${text}}`;
const listed = (parts: readonly string[]): string => `[${parts.join(', ')}]`;

function literalText(literal: Literal): string {
  switch (literal.kind) {
    case 'none':
      return 'null';
    case 'ellipsis':
      return tagged('repr', '"..."');
    case 'bool':
      return String(literal.value);
    case 'str':
      return pythonJson(literal.value);
    case 'int':
      return literal.text.includes('x') ? tagged('repr', pythonJson(literal.text)) : literal.text;
    case 'float':
      return literal.text.includes('(') ? tagged('repr', pythonJson(literal.text)) : literal.text;
    case 'complex':
    case 'bytes':
      return tagged('repr', pythonJson(literal.text));
    case 'tuple':
      return tagged('tuple', listed(literal.items.map(literalText)));
  }
}

function objectText(reference: string, object: LiveObject, at: At): string {
  const { type, name, items, entries } = object;
  const isCut = object.len !== null;
  if (at.path.includes(reference) || isCut) return reprText(reference, at);
  checkDepth(at.path);
  const inside = { ...at, path: [...at.path, reference] };
  const all = (): string => listed((items ?? []).map((item) => valueText(item, inside)));
  switch (type) {
    case 'list':
      return all();
    case 'tuple':
    case 'set':
    case 'frozenset':
      return tagged(type, all());
    case 'dict':
      return mappingText(entries ?? [], inside);
    case 'function':
      return pythonJson(`<callable_object ${name ?? ''}>`);
    default:
      return reprText(reference, at);
  }
}

/** The whole value as Python writes it, with what it refers to. */
const reprText = (reference: string, at: At): string =>
  tagged('repr', pythonJson(pythonText(at.heap, reference)));

/** An object where every key is a text that is no tag; else a list of pairs. */
function mappingText(entries: readonly (readonly [TraceValue, TraceValue])[], at: At): string {
  const keys = entries.map(([key]) => (typeof key === 'string' ? parseLiteral(key) : null));
  const isPlain = keys.every((key) => key?.kind === 'str' && !key.value.startsWith('$'));
  if (!isPlain) {
    const pairs = entries.map(([key, value]) => listed([valueText(key, at), valueText(value, at)]));
    return tagged('dict', listed(pairs));
  }
  const parts = entries.map(([key, value]) => `${valueText(key, at)}: ${valueText(value, at)}`);
  return `{${parts.join(', ')}}`;
}
