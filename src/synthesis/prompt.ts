// What a language model is asked about one function: the text of a request, the same for the same function. Pure.
import type { FunctionPayload, InputPayload } from '../contract/sealed-rows.ts';
import type { LlmSpec } from '../contract/spec.ts';
import { canonicalJson, digestOf } from '../identity/digest.ts';

/** Rises with every change of a word below: another prompt is another request. */
export const PROMPT_VERSION = 1;

/** What the search left: what it could not reach, and what it has. */
export interface PromptFacts {
  /** Lines of the source that no execution reached, and those that leave on one way only. */
  readonly missed: readonly number[];
  readonly half: readonly number[];
  /** False where no input made the function return. */
  readonly returns: boolean;
  /** Inputs that are kept so far. */
  readonly kept: readonly Pick<InputPayload, 'setup' | 'call'>[];
}

export interface Message {
  readonly role: 'system' | 'user';
  readonly content: string;
}

/** Of a module that an import names only a part is shown; a slice is shown whole. */
const AROUND_LINES = 5;
const SOURCE_CHARACTERS_MAX = 24_000;
const LINES_MAX = 60;
const KEPT_MAX = 8;
const KEPT_CHARACTERS_MAX = 300;
const LINE_CHARACTERS_MAX = 160;

const SYSTEM = `You write inputs for Python functions. An input has two texts:
"setup": straight-line Python statements (assignments, imports, expression statements), often empty;
"call": one expression that is a call, evaluated after the setup.
All names of the module are in scope. A method is called on an object that the setup makes.
Values are small and readable. Use no loops, definitions, files, network, processes, clock or
randomness, and nothing of os, sys or builtins' internals. Each input should take another way.
Answer with JSON alone: {"inputs": [{"setup": "...", "call": "..."}]}`;

function cutTo(text: string, max: number): string {
  return text.length <= max ? text : `${text.slice(0, max)}...`;
}

/** The lines that are shown, with the number of the first one. */
function shownLines({ kind, source, provenance }: FunctionPayload): {
  readonly first: number;
  readonly lines: readonly string[];
} {
  const lines = source.split('\n');
  const { lineStart, lineEnd } = provenance;
  const isWhole = kind !== 'import' && source.length <= SOURCE_CHARACTERS_MAX;
  if (isWhole || lineStart === null || lineEnd === null) return { first: 1, lines };
  const first = Math.max(1, lineStart - AROUND_LINES);
  return { first, lines: lines.slice(first - 1, lineEnd) };
}

function sourceText(payload: FunctionPayload): string {
  const { first, lines } = shownLines(payload);
  const text = cutTo(lines.join('\n'), SOURCE_CHARACTERS_MAX);
  const where = first === 1 ? '' : ` from its line ${String(first)}`;
  return `The module${where}:\n\`\`\`python\n${text}\n\`\`\``;
}

function linesText(title: string, numbers: readonly number[], source: string): string[] {
  if (numbers.length === 0) return [];
  const lines = source.split('\n');
  const listed = numbers.slice(0, LINES_MAX).map((number) => {
    const text = (lines[number - 1] ?? '').trim();
    return `  ${String(number)}: ${cutTo(text, LINE_CHARACTERS_MAX)}`;
  });
  return [`${title}\n${listed.join('\n')}`];
}

function keptText(kept: PromptFacts['kept']): string[] {
  if (kept.length === 0) return ['No input is known yet.'];
  const listed = kept.slice(0, KEPT_MAX).map(({ setup, call }) => {
    const text = setup === '' ? call : `${setup}\n${call}`;
    return `\`\`\`python\n${cutTo(text, KEPT_CHARACTERS_MAX)}\n\`\`\``;
  });
  return [`Inputs that are known:\n${listed.join('\n')}`];
}

/** `module:name` of an import is its name. */
function nameOf({ entry }: FunctionPayload): string {
  return entry.slice(entry.indexOf(':') + 1);
}

/** The messages of a request. */
export function promptOf(
  payload: FunctionPayload,
  facts: PromptFacts,
  llm: LlmSpec,
): readonly Message[] {
  const asked = `Write ${String(llm.inputs)} inputs for \`${nameOf(payload)}\`.`;
  const user = [
    sourceText(payload),
    ...keptText(facts.kept),
    ...linesText('No input reaches these lines:', facts.missed, payload.source),
    ...linesText('These lines always go on the same way:', facts.half, payload.source),
    ...(facts.returns ? [] : ['No input has made it return yet: write some that do.']),
    asked,
  ];
  return [
    { role: 'system', content: SYSTEM },
    { role: 'user', content: user.join('\n\n') },
  ];
}

/** All texts of a request, for what they cost at most. */
export function textOf(messages: readonly Message[]): string {
  return messages.map(({ content }) => content).join('\n');
}

/** Whether there is anything to ask for. */
export function isWanted({ missed, half, returns }: Omit<PromptFacts, 'kept'>): boolean {
  return !returns || missed.length > 0 || half.length > 0;
}

/** What decides a reply beside the prompt. */
export function samplingOf({ temperature, seed, outputTokens, format }: LlmSpec) {
  return { temperature, seed, outputTokens, format };
}

/** Names the stored reply: equal requests have one, whichever job asks. Where the model is served is no part of it. */
export function requestDigestOf(messages: readonly Message[], llm: LlmSpec): string {
  const { model, inputs } = llm;
  const request = {
    model,
    inputs,
    promptVersion: PROMPT_VERSION,
    sampling: samplingOf(llm),
    messages,
  };
  return digestOf('llm-request', [canonicalJson(request)]);
}
