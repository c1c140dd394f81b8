// Reads the scratchpads and the tree of calls back, as a model may have written them: whatever is none is refused with its
// place. Never throws.
import { EVENT_KINDS } from '../contract/trace.ts';
import type { EventKind } from '../contract/trace.ts';
import { JsonScan } from './json-scan.ts';
import type { JsonEntry } from './json-scan.ts';
import { EDGES, INDENT } from './tree.ts';

/** `line` counts from 1. */
export interface Refused {
  readonly kind: 'refused';
  readonly line: number;
  readonly why: string;
}

/** One step as the text tells it: what a format does not show is missing. */
export interface ParsedStep {
  readonly kind: EventKind;
  /** In `tree`: how many activations stand around it. */
  readonly depth: number | null;
  /** In `tree`, of a line: its number. */
  readonly line: number | null;
  /** Of a line its source, of a call or resumption the name, of an instruction opcode and argument; else the value as JSON. */
  readonly text: string;
  /** Of a call its arguments. */
  readonly set: readonly JsonEntry[];
  readonly gone: readonly string[];
}

export type ParsedSteps =
  { readonly kind: 'steps'; readonly steps: readonly ParsedStep[] } | Refused;

export const refused = (line: number, why: string): Refused => ({ kind: 'refused', line, why });

/** The lines of a text, each of which ends with a line feed. */
export function wholeLines(text: string): string[] | null {
  const lines = text.split('\n');
  return lines.pop() === '' ? lines : null;
}

const NO_CHANGES: Pick<ParsedStep, 'set' | 'gone'> = { set: [], gone: [] };

export function entriesIn(text: string): JsonEntry[] | null {
  const scan = new JsonScan(text);
  const entries = scan.entries();
  return scan.isAtEnd() ? entries : null;
}

function isValue(text: string): boolean {
  const scan = new JsonScan(text);
  return scan.value() !== null && scan.isAtEnd();
}

type Headline = Pick<ParsedStep, 'kind' | 'text' | 'set'>;

/** `call NAME {…}`, `resume NAME` and `KIND VALUE`; `after` stands behind the first word. */
function parseHeadline(line: string, after: string): Headline | null {
  const kind = EVENT_KINDS.find((known) => line.startsWith(`${known}${after}`));
  if (kind === undefined) return null;
  const rest = line.slice(kind.length + after.length);
  if (kind === 'call') {
    const at = rest.indexOf(' {');
    const set = at < 0 ? null : entriesIn(rest.slice(at + 1));
    return set === null ? null : { kind, text: rest.slice(0, at), set };
  }
  if (kind === 'line' || kind === 'resume') return { kind, text: rest, set: [] };
  return isValue(rest) ? { kind, text: rest, set: [] } : null;
}

type Changes = { set: readonly JsonEntry[]; gone: readonly string[] };

/** Takes up a line that tells changes; null where it is none, and false where it is a wrong one. */
function parseChange(line: string, after: string, changes: Changes): boolean | null {
  if (line.startsWith(`del${after}`)) {
    changes.gone = line.slice('del'.length + after.length).split(', ');
    return true;
  }
  if (!line.startsWith(`set${after}`)) return null;
  const set = entriesIn(line.slice('set'.length + after.length));
  if (set !== null) changes.set = set;
  return set !== null;
}

interface Form {
  readonly after: string;
  readonly headline: (line: string) => (Headline & Partial<Pick<ParsedStep, 'line'>>) | null;
  readonly isIndented: boolean;
}

function parseSteps(text: string, form: Form): ParsedSteps {
  const lines = wholeLines(text);
  if (lines === null) return refused(text.split('\n').length, 'does not end with a line feed');
  const steps: ParsedStep[] = [];
  let changes: Changes = { ...NO_CHANGES };
  for (const [index, whole] of lines.entries()) {
    const line = form.isIndented ? whole.trimStart() : whole;
    const indent = (whole.length - line.length) / INDENT.length;
    const change = parseChange(line, form.after, changes);
    if (change === false) return refused(index + 1, 'has no variables');
    if (change === true) continue;
    const found = form.headline(line);
    if (found === null || !Number.isInteger(indent)) return refused(index + 1, 'is no step');
    const depth = form.isIndented ? indent + (EDGES.has(found.kind) ? 1 : 0) : null;
    const set = found.kind === 'call' ? found.set : changes.set;
    steps.push({ ...found, set, gone: changes.gone, depth, line: found.line ?? null });
    changes = { ...NO_CHANGES };
  }
  if (changes.set.length + changes.gone.length > 0) return refused(lines.length, 'has no step');
  return { kind: 'steps', steps };
}

export function parseCompact(text: string): ParsedSteps {
  const headline = (line: string): Headline | null => parseHeadline(line, ': ');
  return parseSteps(text, { after: ': ', headline, isIndented: false });
}

function treeHeadline(line: string): ReturnType<Form['headline']> {
  const [, number, source] = /^(\d+) (.*)$/.exec(line) ?? [];
  if (source !== undefined) return { kind: 'line', text: source, line: Number(number), set: [] };
  if (line.startsWith('op ')) return { kind: 'instruction', text: line.slice(3), set: [] };
  return parseHeadline(line, ' ');
}

export function parseTree(text: string): ParsedSteps {
  return parseSteps(text, { after: ' ', headline: treeHeadline, isIndented: true });
}

/** The state before each line, and how the call ended. */
export interface ParsedScratchpad {
  readonly kind: 'scratchpad';
  readonly steps: readonly { readonly state: readonly JsonEntry[]; readonly source: string }[];
  /** The last state; null where something was raised, or where the text ends before. */
  readonly end: readonly JsonEntry[] | null;
  readonly raised: string | null;
}

export function parseScratchpad(text: string): ParsedScratchpad | Refused {
  const lines = wholeLines(text);
  if (lines === null) return refused(text.split('\n').length, 'does not end with a line feed');
  const steps: { state: readonly JsonEntry[]; source: string }[] = [];
  let state: readonly JsonEntry[] | null = null;
  for (const [index, line] of lines.entries()) {
    if (line.startsWith('line: ') && state !== null) {
      steps.push({ state, source: line.slice('line: '.length) });
      state = null;
    } else if (line.startsWith('state: ') && state === null) {
      state = entriesIn(line.slice('state: '.length));
      if (state === null) return refused(index + 1, 'has no variables');
    } else if (line.startsWith('raised: ') && state === null && index === lines.length - 1) {
      return { kind: 'scratchpad', steps, end: null, raised: line.slice('raised: '.length) };
    } else return refused(index + 1, 'is no step');
  }
  return { kind: 'scratchpad', steps, end: state, raised: null };
}
