// The numbered objects of a trace while its events are read in order.
import type { HeapDefinition, HeapEntry, HeapOperation, TraceValue } from '../contract/trace.ts';

type Links = Record<string, TraceValue>;

/** An object as it is at the event that was read last. */
export interface LiveObject {
  type: string;
  readonly name: string | null;
  readonly repr: string | null;
  /** Of the items of a named tuple. */
  readonly names: readonly string[] | null;
  value: TraceValue | null;
  items: TraceValue[] | null;
  entries: [TraceValue, TraceValue][] | null;
  /** Length where more items exist than the trace holds. */
  len: number | null;
  readonly links: Links;
  readonly fields: Map<string, TraceValue>;
}

const LINKS = ['self', 'func', 'over', 'cause', 'context', 'default_factory', 'maxlen'] as const;
export const RANGE_LINKS = ['start', 'stop', 'step'] as const;
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
    names: definition.names ?? null,
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

/** The objects of one trace. Bad references and unknown operations show as they are; nothing here throws on them. */
export class Heap {
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

  /** The object that a value names; null for a literal, a cut, and a number that was never defined. */
  get(value: TraceValue): LiveObject | null {
    if (typeof value !== 'string' || !isReference(value)) return null;
    return this.#objects.get(value.slice(1)) ?? null;
  }
}

export const isReference = (value: string): boolean => /^@\d+$/.test(value);
