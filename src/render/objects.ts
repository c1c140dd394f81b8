// The numbered objects of a trace while its events are read in order, and their values as short text for people.
import type { HeapDefinition, HeapEntry, HeapOperation, TraceValue } from '../contract/trace.ts';

type Links = Record<string, TraceValue>;

interface LiveObject {
  type: string;
  readonly name: string | null;
  readonly repr: string | null;
  value: TraceValue | null;
  items: TraceValue[] | null;
  entries: [TraceValue, TraceValue][] | null;
  /** Length where more items exist than the trace holds. */
  len: number | null;
  readonly links: Links;
  readonly fields: Map<string, TraceValue>;
}

const LINKS = ['self', 'func', 'over', 'cause', 'context', 'default_factory', 'maxlen'] as const;
const RANGE_LINKS = ['start', 'stop', 'step'] as const;
/** A value that a person reads in a line: more of it says nothing. */
const ITEMS_SHOWN = 16;
const DEPTH_SHOWN = 4;

function define(definition: HeapDefinition): LiveObject {
  const links: Links = {};
  for (const key of [...LINKS, ...RANGE_LINKS]) {
    const value = definition[key];
    if (value !== undefined) links[key] = value;
  }
  return {
    type: definition.type,
    name: definition.name ?? null,
    repr: definition.repr ?? null,
    value: definition.value ?? null,
    items: definition.items === undefined ? null : [...definition.items],
    entries: definition.entries?.map(([key, value]) => [key, value]) ?? null,
    len: definition.len ?? null,
    links,
    fields: new Map(Object.entries(definition.fields ?? {})),
  };
}

const textOf = (value: TraceValue | undefined): string =>
  typeof value === 'string' ? value : JSON.stringify(value ?? null);
const sameText =
  (value: TraceValue | undefined) =>
  (other: TraceValue): boolean =>
    textOf(other) === textOf(value);

function setEntry(object: LiveObject, key: TraceValue, value: TraceValue): void {
  const found = object.entries?.find(([known]) => sameText(key)(known));
  if (found === undefined) (object.entries ??= []).push([key, value]);
  else found[1] = value;
}

function pairs(values: readonly TraceValue[]): [TraceValue, TraceValue][] {
  return Array.from({ length: values.length >> 1 }, (_, index) => [
    values[2 * index] ?? 'NULL',
    values[2 * index + 1] ?? 'NULL',
  ]);
}

function clear(object: LiveObject): void {
  if (object.entries !== null) object.entries = [];
  if (object.items !== null) object.items = [];
}

/** Operations on items of sequences and members of sets. */
function applyToItems(object: LiveObject, [name, ...operands]: HeapOperation): void {
  const [first = 'NULL', second = 'NULL'] = operands;
  const items = (object.items ??= []);
  switch (name) {
    case 'append':
    case 'add':
      items.push(first);
      return;
    case 'discard':
      object.items = items.filter((item) => !sameText(first)(item));
      return;
    case 'setitem':
      items[Number(first)] = second;
      return;
    default:
      items.splice(Number(first), Number(second), ...operands.slice(2));
  }
}

function apply(object: LiveObject, operation: HeapOperation): void {
  const [name, first = 'NULL', second = 'NULL'] = operation;
  switch (name) {
    case 'class':
      object.type = textOf(first);
      return;
    case 'value':
      object.value = first;
      return;
    case 'clear':
      clear(object);
      return;
    case 'replace':
      object.entries = pairs(operation.slice(1));
      return;
    case 'delitem':
      object.entries = (object.entries ?? []).filter(([key]) => !sameText(first)(key));
      return;
    case 'rest':
      object.len = second === '' ? null : Number(first);
      return;
    case 'link':
      object.links[textOf(first)] = second;
      return;
    case 'delattr':
      object.fields.delete(textOf(first));
      return;
    case 'setattr':
      object.fields.set(textOf(first), second);
      return;
    case 'setitem':
      if (object.entries !== null) setEntry(object, first, second);
      else applyToItems(object, operation);
      return;
    default:
      applyToItems(object, operation);
  }
}

function isOperations(entry: HeapEntry): entry is readonly HeapOperation[] {
  return Array.isArray(entry);
}

function cutText(value: Exclude<TraceValue, string>): string {
  if ('cut' in value) return `<${value.type} …>`;
  const quote = value.type === 'int' ? '' : value.head.replace(/^b/, '').slice(0, 1);
  return `${value.head}…${quote} (${value.type}, ${String(value.len)} long)`;
}

function listed(parts: readonly string[], length: number): string {
  const shown = parts.slice(0, ITEMS_SHOWN);
  const rest = length - shown.length;
  return [...shown, ...(rest > 0 ? [`… ${String(rest)} more`] : [])].join(', ');
}

/** The objects of one trace. Bad references and unknown operations show as they are; nothing here throws on them. */
export class ObjectTable {
  readonly #objects = new Map<string, LiveObject>();

  /** Takes up the `heap` of an event; returns the numbers of objects that changed, without the new ones. */
  take(heap: Readonly<Record<string, HeapEntry>>): string[] {
    const changed: string[] = [];
    for (const [number, entry] of Object.entries(heap)) {
      if (isOperations(entry)) {
        changed.push(number);
        const object = this.#objects.get(number);
        for (const operation of object === undefined ? [] : entry) {
          if (object !== undefined) apply(object, operation);
        }
      } else {
        const object = define(entry);
        this.#objects.set(number, object);
        for (const operation of entry.ops ?? []) apply(object, operation);
      }
    }
    return changed;
  }

  /** Short text: literals as they are, objects by their content, `…` where it would go too deep or round a cycle. */
  text(value: TraceValue, path: readonly string[] = []): string {
    if (typeof value !== 'string') return cutText(value);
    if (!/^@\d+$/.test(value)) return value;
    const object = this.#objects.get(value.slice(1));
    if (object === undefined) return value;
    if (path.includes(value) || path.length >= DEPTH_SHOWN) return `<${object.type} ${value}>`;
    return this.#content(object, [...path, value]);
  }

  #content(object: LiveObject, path: readonly string[]): string {
    const { type, name, repr, value } = object;
    if (repr !== null) return repr;
    if (value !== null) {
      return name === null ? `${type}(${this.text(value, path)})` : `${type}.${name}`;
    }
    if (name !== null) return this.#named(object, name, path);
    if (object.entries !== null && object.items === null) return this.#mapping(object, path);
    if (object.items !== null) return this.#sequence(object, path);
    const links = RANGE_LINKS.flatMap((key) => object.links[key] ?? []);
    if (links.length > 0)
      return `${type}(${links.map((link) => this.text(link, path)).join(', ')})`;
    if (object.fields.size > 0) return `${type}(${this.#fields(object, path)})`;
    const over = object.links.over;
    return over === undefined ? `<${type}>` : `<${type} over ${this.text(over, path)}>`;
  }

  #named({ type, links }: LiveObject, name: string, path: readonly string[]): string {
    const self = links.self === undefined ? '' : ` of ${this.text(links.self, path)}`;
    return type === 'type' ? `<class ${name}>` : `<${type} ${name}${self}>`;
  }

  #fields(object: LiveObject, path: readonly string[]): string {
    const shown = [...object.fields].slice(0, ITEMS_SHOWN);
    const parts = shown.map(([field, value]) => `${field}=${this.text(value, path)}`);
    return listed(parts, object.fields.size);
  }

  #mapping(object: LiveObject, path: readonly string[]): string {
    const entries = object.entries ?? [];
    const parts = entries
      .slice(0, ITEMS_SHOWN)
      .map(([key, value]) => `${this.text(key, path)}: ${this.text(value, path)}`);
    const body = `{${listed(parts, object.len ?? entries.length)}}`;
    return object.type === 'dict' ? body : `${object.type}(${body})`;
  }

  #sequence(object: LiveObject, path: readonly string[]): string {
    const items = object.items ?? [];
    const parts = items.slice(0, ITEMS_SHOWN).map((item) => this.text(item, path));
    const body = listed(parts, object.len ?? items.length);
    switch (object.type) {
      case 'list':
        return `[${body}]`;
      case 'tuple':
        return items.length === 1 ? `(${body},)` : `(${body})`;
      case 'set':
        return items.length === 0 ? 'set()' : `{${body}}`;
      default:
        return `${object.type}(${body})`;
    }
  }
}
