// Training examples of a trace in the formats that a spec asks for: what is given, what is learned, and between which steps.
// An example that is longer than its context is no example; nothing is cut.
import type { TraceRow } from '../contract/row.ts';
import type { ExampleFormat, RenderSpec } from '../contract/text.ts';
import { choosePairs } from './choose-pairs.ts';
import type { ChosenPair } from './choose-pairs.ts';
import { compactPieces } from './compact.ts';
import { cwmPieces, cwmPrompt } from './cwm.ts';
import { directPrompt, directResult, resultText } from './direct.ts';
import { renderInline } from './inline.ts';
import { pairPrompt } from './pairs.ts';
import { inputText, sourceText } from './prompt.ts';
import { scratchpadPieces } from './scratchpad.ts';
import { stateFacts, stateTexts } from './state-texts.ts';
import { isWhole } from './steps.ts';
import type { Piece } from './steps.ts';
import { withinTokens } from './text-budget.ts';
import { countTokens } from './tokens.ts';
import { treePieces } from './tree.ts';

export interface Example {
  readonly format: ExampleFormat;
  /** All that stands before what is learned: two examples of a format that are given the same are duplicates. */
  readonly given: string;
  readonly learned: string;
  /** Stands after what is learned, as a published prompt has it. */
  readonly closing: string;
  /** Indexes of events. */
  readonly stepFrom: number;
  readonly stepTo: number;
  readonly ahead: number;
  readonly tokens: number;
}

/** Null where the example is longer than its context. */
export type Proposal = Example | null;

type History = Exclude<ExampleFormat, 'dynamic' | 'inverse'>;

interface HistoryText {
  readonly given: string;
  readonly pieces: Iterable<Piece>;
  readonly closing?: string;
}

const NO_STEP = 0;

/** The prompt of Nye et al., with the setup of the call where there is one. */
function nyePrompt({ source, setup, call }: TraceRow): string {
  const before = setup === '' ? '' : `${setup.replace(/\n+$/, '')}\n`;
  const code = source.replace(/^\n+|\n+$/g, '');
  return (
    `Consider the following Python function:\n\n${code}\n\n${before}output = ${call}\n\n` +
    'What is the execution trace?\n\n[BEGIN]\n\n'
  );
}

const asked = (row: TraceRow, format: string): string =>
  `${sourceText(row)}${inputText(row)}== ${format}\n`;
const inOne = (text: string): Piece[] => [{ text, step: NO_STEP }];

function historyOf(row: TraceRow, format: History): HistoryText {
  switch (format) {
    case 'direct': {
      const result = directResult(row);
      return { given: directPrompt(row), pieces: inOne(result === null ? '' : resultText(result)) };
    }
    case 'scratchpad':
      return { given: nyePrompt(row), pieces: scratchpadPieces(row), closing: '\n[DONE]\n' };
    case 'compact':
      return { given: asked(row, format), pieces: compactPieces(row) };
    case 'inline':
      return { given: asked(row, format), pieces: inOne(renderInline(row)) };
    case 'tree':
      return { given: asked(row, format), pieces: treePieces(row) };
    case 'cwm':
      return { given: cwmPrompt(row), pieces: cwmPieces(row) };
  }
}

/** Takes pieces as long as they fit; null where they do not. */
function within(
  pieces: Iterable<Piece>,
  tokensMax: number,
): { readonly text: string; readonly tokens: number } | null {
  const texts: string[] = [];
  let tokens = 0;
  for (const { text } of pieces) {
    tokens += countTokens(text);
    if (tokens > tokensMax) return null;
    texts.push(text);
  }
  return { text: texts.join(''), tokens };
}

interface Learned {
  readonly given: string;
  readonly closing: string;
  readonly text: string;
  readonly tokens: number;
}

/** Null where it is longer than the context. */
function learnedOf(row: TraceRow, format: History, context: number): Learned | null {
  const { given, pieces, closing = '' } = historyOf(row, format);
  const around = countTokens(given) + countTokens(closing);
  const learned = around > context ? null : within(pieces, context - around);
  if (learned === null) return null;
  return { given, closing, text: learned.text, tokens: around + learned.tokens };
}

/** A history is whole or it is none: where it ends early, a model would learn to end early. */
function* histories(row: TraceRow, { format, context }: RenderSpec): Generator<Proposal> {
  if (!isWhole(row) || format === 'dynamic' || format === 'inverse') return;
  const found = withinTokens(context, () => learnedOf(row, format, context));
  if (found === null) {
    yield null;
    return;
  }
  const { given, closing, text, tokens } = found;
  const steps = { stepFrom: 0, stepTo: row.n_events, ahead: 0 };
  yield { format, given, learned: text, closing, ...steps, tokens };
}

interface PairTask {
  readonly row: TraceRow;
  readonly spec: RenderSpec;
  readonly source: string;
  readonly sourceTokens: number;
}

function* pairOf(
  { spec, source, sourceTokens }: PairTask,
  pair: ChosenPair & { readonly steps: readonly [number, number] },
  texts: readonly [string, string],
): Generator<Proposal> {
  const { format, context } = spec;
  if (format !== 'dynamic' && format !== 'inverse') return;
  const { ahead } = pair;
  const [[from, to], [state, learned]] =
    format === 'dynamic'
      ? [pair.steps, texts]
      : [
          [pair.steps[1], pair.steps[0]],
          [texts[1], texts[0]],
        ];
  const given = pairPrompt(source, state, { kind: format, ahead });
  const tokens = sourceTokens + countTokens(given.slice(source.length)) + countTokens(learned);
  if (tokens > context) yield null;
  else yield { format, given, learned, closing: '', stepFrom: from, stepTo: to, ahead, tokens };
}

/** The leading 32 bits of an id, which is a digest. */
const seedOf = ({ id }: TraceRow): number => Number.parseInt(id.slice(0, 8), 16);

function* pairs(row: TraceRow, spec: RenderSpec): Generator<Proposal> {
  const facts = stateFacts(row);
  const { pairs: count = 0, ahead = [] } = spec;
  const chosen = choosePairs(facts, { pairs: count, ahead, seed: seedOf(row) });
  const wanted = new Set(chosen.flatMap((pair) => [pair.earlier, pair.earlier + pair.ahead]));
  const texts = new Map<number, string>();
  for (const { place, text } of stateTexts(row, wanted)) texts.set(place, text);
  const source = sourceText(row);
  const task = { row, spec, source, sourceTokens: countTokens(source) };
  for (const pair of chosen) {
    const later = pair.earlier + pair.ahead;
    const steps = [facts[pair.earlier]?.index ?? 0, facts[later]?.index ?? 0] as const;
    const both = [texts.get(pair.earlier) ?? '', texts.get(later) ?? ''] as const;
    yield* pairOf(task, { ...pair, steps }, both);
  }
}

/** The examples of a trace, format by format in the order of the spec, pairs in the order of their steps. */
export function* proposals(row: TraceRow, specs: readonly RenderSpec[]): Generator<Proposal> {
  for (const spec of specs) {
    if (spec.pairs === undefined) yield* histories(row, spec);
    else yield* pairs(row, spec);
  }
}

export const exampleText = ({ given, learned, closing }: Example): string =>
  given + learned + closing;
