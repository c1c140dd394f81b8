// The trace frames of the Code World Model (arXiv 2510.02387), as far as its prompting guide fixes them; what it leaves open
// is a named option. docs/text-formats.md has the rules; test/unit/render/cwm.test.ts has the vectors.
import type { TraceRow } from '../contract/row.ts';
import { pythonText } from './python-text.ts';
import { isWhole, joined, localNames, pythonJson, walk } from './steps.ts';
import type { Piece, Step, Walk } from './steps.ts';

export interface CwmOptions {
  /** Whether an activation that an exception leaves gets a return frame with None, as sys.settrace reports it. */
  readonly returnAfterUnwind: boolean;
  /** What stands in an exception frame: the class's name as a string, or the exception's own text. */
  readonly exceptionValue: 'class-name' | 'repr';
}

export const CWM_OPTIONS: CwmOptions = { returnAfterUnwind: true, exceptionValue: 'class-name' };

const MARKER = '  # << START_OF_TRACE';
const BEGIN = '<|begin_of_text|><|trace_context_start|>';
const FRAME = '<|frame_sep|>';
const END = '<|end_of_text|>';

const stateFrame = (kind: 'call' | 'line', locals: string, source: string): string =>
  `<|${kind}_sep|>${locals}<|action_sep|>${source}\n${FRAME}`;
const valueFrame = (kind: 'return' | 'exception', source: string, value: string): string =>
  `<|${kind}_sep|><|action_sep|>${source}\n<|arg_sep|>${pythonJson(value)}${FRAME}`;

/** The text of an exception begins with the name of its class. */
function exceptionText(text: string, { exceptionValue }: CwmOptions): string {
  return exceptionValue === 'repr' ? text : `'${/^[^(]*/.exec(text)?.[0] ?? text}'`;
}

/** A `main` around the call, where the call is all that there is; else the entry itself is where the trace starts. */
function hasMain({ kind, setup, call }: TraceRow): boolean {
  return kind === 'source' && setup === '' && !call.includes('\n');
}

function contextOf(row: TraceRow, firstLine: number): string {
  if (hasMain(row)) {
    return `\n${row.source.replace(/^\n+|\n+$/g, '')}\ndef main():${MARKER}\n    return ${row.call}\n`;
  }
  const lines = row.source.replace(/\n+$/, '').split('\n');
  const marked = lines.map((line, index) => (index === firstLine - 1 ? line + MARKER : line));
  return `\n${marked.join('\n')}\n`;
}

class Frames {
  readonly #shown = new Map<number, Map<string, string>>();
  readonly #options: CwmOptions;
  readonly #walk: Walk;

  constructor(walked: Walk, options: CwmOptions) {
    this.#walk = walked;
    this.#options = options;
  }

  /** The text of a step's frame; empty where it has none. */
  text(step: Step): string {
    const { event, source } = step;
    const { heap } = this.#walk.machine;
    switch (event.kind) {
      case 'call':
      case 'resume':
        this.#shown.delete(event.frame);
        return stateFrame('call', this.#locals(step), source);
      case 'line':
        return stateFrame('line', this.#locals(step), source);
      case 'return':
      case 'yield':
        return valueFrame('return', source, pythonText(heap, event.value));
      case 'raise':
        return valueFrame(
          'exception',
          source,
          exceptionText(pythonText(heap, event.value), this.#options),
        );
      case 'unwind':
        return this.#options.returnAfterUnwind ? valueFrame('return', source, 'None') : '';
      case 'handled':
      case 'instruction':
        return '';
    }
  }

  /** What has the text that this activation showed before is `..`. */
  #locals({ event, activation }: Step): string {
    const before = this.#shown.get(event.frame) ?? new Map<string, string>();
    const now = new Map<string, string>();
    const parts: string[] = [];
    for (const [name, value] of localNames(activation)) {
      const text = pythonText(this.#walk.machine.heap, value);
      parts.push(`${pythonJson(name)}: ${before.get(name) === text ? '".."' : pythonJson(text)}`);
      now.set(name, text);
    }
    this.#shown.set(event.frame, now);
    return `{${parts.join(', ')}}`;
  }
}

/** What `main` does after the entry has ended: nothing where a limit ended the trace. */
function mainEnd(row: TraceRow, last: string, options: CwmOptions): string {
  const source = `    return ${row.call}`;
  if (row.outcome === 'returned') return valueFrame('return', source, last) + END;
  if (!isWhole(row)) return '';
  const raised = valueFrame('exception', source, last);
  return raised + (options.returnAfterUnwind ? valueFrame('return', source, 'None') : '') + END;
}

/** All that stands before the first frame: what a model is given. */
export function cwmPrompt(
  row: TraceRow,
  { firstLine }: Pick<Walk, 'firstLine'> = walk(row),
): string {
  return BEGIN + contextOf(row, firstLine) + FRAME;
}

/** The frames, each a piece with what belongs to it. */
export function* cwmPieces(row: TraceRow, options: CwmOptions = CWM_OPTIONS): Generator<Piece> {
  const walked = walk(row);
  const frames = new Frames(walked, options);
  const { heap } = walked.machine;
  let held = hasMain(row)
    ? stateFrame('call', '{}', 'def main():') + stateFrame('line', '{}', `    return ${row.call}`)
    : '';
  let last = 'None';
  let at = 0;
  for (const step of walked.steps()) {
    if (held !== '' && step.index > 0) yield { text: held, step: at };
    held = (step.index === 0 ? held : '') + frames.text(step);
    at = step.index;
    if (step.event.kind === 'return') last = pythonText(heap, step.event.value);
    if (step.event.kind === 'unwind') {
      last = exceptionText(pythonText(heap, step.event.value), options);
    }
  }
  const end = hasMain(row) ? mainEnd(row, last, options) : isWhole(row) ? END : '';
  if (held + end !== '') yield { text: held + end, step: at };
}

/** One row as CWM text. Values longer than the spec's limits stand cut; `n_cut_values` of the row says how many. */
export function renderCwm(row: TraceRow, options: CwmOptions = CWM_OPTIONS): string {
  return cwmPrompt(row) + joined(cwmPieces(row, options));
}
