// Values of a trace as Python writes them: the repr of builtins and of the well-known library types, and for all else a text
// by type and fields, without an address. Cycles are written as repr writes them. What a limit cut says so.
import type { TraceValue } from '../contract/trace.ts';
import { RANGE_LINKS } from './heap.ts';
import type { Heap, LiveObject } from './heap.ts';
import { checkDepth, countText, countedSoFar, wholeText } from './text-budget.ts';

/** The text of a value, in the state that the heap is in. Whole: as long as the value is. */
export function pythonText(heap: Heap, value: TraceValue): string {
  return wholeText(() => textOf(value, { heap, path: [] }));
}

interface At {
  readonly heap: Heap;
  /** Objects that are being written, outermost first. */
  readonly path: readonly string[];
}

function textOf(value: TraceValue, at: At): string {
  const before = countedSoFar();
  return countText(typeof value === 'string' ? wordOf(value, at) : cutText(value), before);
}

/** A literal, or what an object is. */
function wordOf(value: string, at: At): string {
  const object = at.heap.get(value);
  if (object === null) return value === 'NULL' ? '<NULL>' : value;
  if (at.path.includes(value)) return cycleText(object);
  checkDepth(at.path);
  return objectText(object, { ...at, path: [...at.path, value] });
}

function cutText(value: Exclude<TraceValue, string>): string {
  if ('cut' in value) return `<${lastName(value.type)} ...>`;
  const quote = value.type === 'int' ? '' : value.head.replace(/^b/, '').slice(0, 1);
  return `<${value.type} of length ${String(value.len)}: ${value.head}${quote}...>`;
}

function cycleText({ type, entries, items }: LiveObject): string {
  if (entries !== null && items === null) return '{...}';
  if (type === 'tuple') return '(...)';
  return type === 'list' ? '[...]' : `${lastName(type)}(...)`;
}

/** `collections.Counter` is called Counter by its own repr, and a class of the program by its qualified name's end. */
const lastName = (type: string): string => type.slice(type.lastIndexOf('.') + 1);

function objectText(object: LiveObject, at: At): string {
  const { type, repr, name, value, items, entries, names } = object;
  if (repr !== null) return repr;
  const known = LIBRARY.get(type);
  if (known !== undefined) return known(object, at);
  if (name !== null) return namedText(object, name, at);
  if (value !== null) return `${lastName(type)}(${textOf(value, at)})`;
  if (names !== null && items !== null) return namedTuple(object, names, at);
  // The arguments of an exception, or what a subclass of a sequence or set holds.
  if (items !== null) return `${lastName(type)}(${itemsText(object, at)})`;
  if (entries !== null) return `${lastName(type)}(${braces(object, at)})`;
  if (object.fields.size > 0) return `${lastName(type)}(${fieldsText(object, at)})`;
  const over = object.links['over'];
  if (over !== undefined) return `<${lastName(type)} of ${textOf(over, at)}>`;
  return `<${lastName(type)} object>`;
}

function namedText(object: LiveObject, name: string, at: At): string {
  const { type, value, links } = object;
  if (value !== null) return `<${lastName(type)}.${name}: ${textOf(value, at)}>`;
  switch (type) {
    case 'function':
      return `<function ${name}>`;
    case 'module':
      return `<module '${name}'>`;
    case 'method': {
      const self = links['self'];
      return `<bound method ${name}${self === undefined ? '' : ` of ${textOf(self, at)}`}>`;
    }
    case 'builtin_function_or_method':
      return `<built-in function ${name}>`;
    case 'generator':
    case 'coroutine':
    case 'async_generator':
      return `<${type} object ${name}>`;
    default:
      return isClass(type) ? `<class '${name}'>` : `<${lastName(type)} ${name}>`;
  }
}

/** A class is an object with a name whose type is a metaclass. */
const isClass = (type: string): boolean => type === 'type' || /(?:Meta|Type)$/.test(type);

function namedTuple(object: LiveObject, names: readonly string[], at: At): string {
  const parts = (object.items ?? []).map((item, index) => {
    const name = names[index];
    return name === undefined ? textOf(item, at) : `${name}=${textOf(item, at)}`;
  });
  return `${lastName(object.type)}(${parts.join(', ')})`;
}

function more(object: LiveObject, kept: number): string[] {
  const rest = (object.len ?? kept) - kept;
  return rest > 0 ? [`<${String(rest)} more>`] : [];
}

function itemsText(object: LiveObject, at: At): string {
  const kept = object.items ?? [];
  return [...kept.map((item) => textOf(item, at)), ...more(object, kept.length)].join(', ');
}

function sequence(object: LiveObject, type: string, at: At): string {
  const body = itemsText(object, at);
  if (type === 'tuple') return object.items?.length === 1 ? `(${body},)` : `(${body})`;
  return `[${body}]`;
}

const setBody = (object: LiveObject, at: At): string => `{${itemsText(object, at)}}`;
const isEmpty = (object: LiveObject): boolean =>
  (object.len ?? object.items?.length ?? object.entries?.length ?? 0) === 0;

function braces(object: LiveObject, at: At): string {
  return entriesText(object, object.entries ?? [], at);
}

function entriesText(
  object: LiveObject,
  entries: readonly (readonly [TraceValue, TraceValue])[],
  at: At,
): string {
  const parts = entries.map(([key, value]) => `${textOf(key, at)}: ${textOf(value, at)}`);
  return `{${[...parts, ...more(object, entries.length)].join(', ')}}`;
}

/** As `Counter.most_common` has them: most frequent first, equal counts in the order of insertion. */
function counterText(object: LiveObject, at: At): string {
  const entries = object.entries ?? [];
  if (entries.length === 0) return 'Counter()';
  const counts = entries.map(([, value]) => Number(value));
  const sorted = counts.some(Number.isNaN)
    ? entries
    : entries
        .map((entry, index) => ({ entry, count: counts[index] ?? 0 }))
        .sort((a, b) => b.count - a.count)
        .map(({ entry }) => entry);
  return `Counter(${entriesText(object, sorted, at)})`;
}

function fieldsText(object: LiveObject, at: At): string {
  return [...object.fields].map(([name, value]) => `${name}=${textOf(value, at)}`).join(', ');
}

function dequeText(object: LiveObject, at: At): string {
  const maxlen = object.links['maxlen'];
  const bound = maxlen === undefined || maxlen === 'NULL' ? '' : `, maxlen=${textOf(maxlen, at)}`;
  return `deque([${itemsText(object, at)}]${bound})`;
}

function defaultDictText(object: LiveObject, at: At): string {
  const factory = object.links['default_factory'];
  const first = factory === undefined || factory === 'NULL' ? 'None' : textOf(factory, at);
  return `defaultdict(${first}, ${braces(object, at)})`;
}

function sliceText(object: LiveObject, at: At): string {
  return `slice(${RANGE_LINKS.map((key) => textOf(object.links[key] ?? 'None', at)).join(', ')})`;
}

function viewText(
  object: LiveObject,
  at: At,
  pick: (entry: readonly [TraceValue, TraceValue]) => string,
): string {
  const over = object.links['over'];
  const entries = over === undefined ? [] : (at.heap.get(over)?.entries ?? []);
  return `${object.type}([${entries.map(pick).join(', ')}])`;
}

/** Types whose own repr is known and needs no code of the program. */
const LIBRARY: ReadonlyMap<string, (object: LiveObject, at: At) => string> = new Map(
  Object.entries<(object: LiveObject, at: At) => string>({
    list: (object, at) => sequence(object, 'list', at),
    tuple: (object, at) => sequence(object, 'tuple', at),
    set: (object, at) => (isEmpty(object) ? 'set()' : setBody(object, at)),
    frozenset: (object, at) =>
      isEmpty(object) ? 'frozenset()' : `frozenset(${setBody(object, at)})`,
    dict: braces,
    bytearray: (object, at) => `bytearray(${textOf(object.value ?? "b''", at)})`,
    slice: sliceText,
    dict_keys: (object, at) => viewText(object, at, ([key]) => textOf(key, at)),
    dict_values: (object, at) => viewText(object, at, ([, value]) => textOf(value, at)),
    dict_items: (object, at) =>
      viewText(object, at, ([key, value]) => `(${textOf(key, at)}, ${textOf(value, at)})`),
    'collections.Counter': counterText,
    'collections.OrderedDict': (object, at) =>
      isEmpty(object) ? 'OrderedDict()' : `OrderedDict(${braces(object, at)})`,
    'collections.defaultdict': defaultDictText,
    'collections.deque': dequeText,
    'fractions.Fraction': ({ fields }, at) =>
      `Fraction(${textOf(fields.get('_numerator') ?? '0', at)}, ${textOf(fields.get('_denominator') ?? '1', at)})`,
  }),
);
