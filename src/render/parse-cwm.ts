// Reads frames of the Code World Model back, and puts the values in that `..` stands for.
import { entriesIn } from './parse-history.ts';
import { JsonScan } from './json-scan.ts';

export type CwmFrame =
  | {
      readonly kind: 'call' | 'line';
      readonly source: string;
      /** Texts of values by name; what stood as `..` is put in. */
      readonly locals: readonly (readonly [name: string, text: string])[];
    }
  | { readonly kind: 'return' | 'exception'; readonly source: string; readonly value: string };

export type ParsedCwm =
  | { readonly kind: 'frames'; readonly frames: readonly CwmFrame[]; readonly isWhole: boolean }
  /** `frame` counts from 1. */
  | { readonly kind: 'refused'; readonly frame: number; readonly why: string };

const FRAME = '<|frame_sep|>';
const END = '<|end_of_text|>';
const FORM =
  /^<\|(call|line|return|exception)_sep\|>(.*?)<\|action_sep\|>([^\n]*)\n(?:<\|arg_sep\|>(.*))?$/;

const SAME = '..';

/** Activations that run, the innermost last, with the texts that each showed. */
class Scopes {
  readonly #scopes: Map<string, string>[] = [];

  enter(): void {
    this.#scopes.push(new Map());
  }

  leave(): void {
    this.#scopes.pop();
  }

  /** The texts of a frame; null where `..` stands for nothing. */
  shown(entries: readonly (readonly [string, string])[]): CwmTexts | null {
    const before = this.#scopes.at(-1) ?? new Map<string, string>();
    const texts = entries.map(([name, json]): readonly [string, string | undefined] => {
      const text = new JsonScan(json).string() ?? undefined;
      return [name, text === SAME ? before.get(name) : text];
    });
    if (!texts.every((entry): entry is [string, string] => entry[1] !== undefined)) return null;
    this.#scopes.pop();
    this.#scopes.push(new Map(texts));
    return texts;
  }
}

type CwmTexts = readonly (readonly [string, string])[];

function parseFrame(text: string, scopes: Scopes): CwmFrame | string {
  const [, kind, given = '', source = '', value] = FORM.exec(text) ?? [];
  if (kind === 'return' || kind === 'exception') {
    const scan = new JsonScan(value ?? '');
    const read = scan.string();
    if (given !== '' || read === null || !scan.isAtEnd()) return 'has no value';
    if (kind === 'return') scopes.leave();
    return { kind, source, value: read };
  }
  if (kind !== 'call' && kind !== 'line') return 'is no frame';
  if (kind === 'call') scopes.enter();
  const entries = value === undefined ? entriesIn(given) : null;
  if (entries === null) return 'has no locals';
  const locals = scopes.shown(entries);
  return locals === null ? 'has no text where .. stands' : { kind, source, locals };
}

/** The frames that stand behind the prompt: call frames open a scope, return frames close it. Never throws. */
export function parseCwm(text: string): ParsedCwm {
  const isWhole = text.endsWith(END);
  const parts = (isWhole ? text.slice(0, -END.length) : text).split(FRAME);
  if (parts.pop() !== '') return { kind: 'refused', frame: parts.length + 1, why: 'is cut' };
  const scopes = new Scopes();
  const frames: CwmFrame[] = [];
  for (const part of parts) {
    const frame = parseFrame(part, scopes);
    if (typeof frame === 'string') return { kind: 'refused', frame: frames.length + 1, why: frame };
    frames.push(frame);
  }
  return { kind: 'frames', frames, isWhole };
}
