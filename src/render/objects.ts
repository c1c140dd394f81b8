// Values of a trace as short text for people.
import type { TraceValue } from '../contract/trace.ts';
import { Heap, RANGE_LINKS } from './heap.ts';
import type { LiveObject } from './heap.ts';

/** A value that a person reads in a line: more of it says nothing. */
const ITEMS_SHOWN = 16;
const DEPTH_SHOWN = 4;

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

/** The objects of one trace with their short texts. */
export class ObjectTable extends Heap {
  /** Short text: literals as they are, objects by their content, `…` where it would go too deep or round a cycle. */
  text(value: TraceValue, path: readonly string[] = []): string {
    if (typeof value !== 'string') return cutText(value);
    const object = this.get(value);
    if (object === null) return value;
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
