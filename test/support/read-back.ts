// Every format that a model may have to write, rendered from a row, read back, and compared with what the states of the
// row say without any text.
import { isDeepStrictEqual } from 'node:util';
import type { TraceRow } from '../../src/contract/row.ts';
import { renderCompact } from '../../src/render/compact.ts';
import { cwmPrompt, renderCwm } from '../../src/render/cwm.ts';
import { directResult, parseResult, resultText } from '../../src/render/direct.ts';
import { dynamicStates, stateText } from '../../src/render/dynamic.ts';
import { historySteps, variablesOf } from '../../src/render/history.ts';
import type { HistoryStep } from '../../src/render/history.ts';
import { inlineNotes, renderInline } from '../../src/render/inline.ts';
import { pairPrompt, parsePair } from '../../src/render/pairs.ts';
import { parseCwm } from '../../src/render/parse-cwm.ts';
import type { CwmFrame } from '../../src/render/parse-cwm.ts';
import { parseCompact, parseScratchpad, parseTree } from '../../src/render/parse-history.ts';
import type { ParsedStep } from '../../src/render/parse-history.ts';
import { parseInline } from '../../src/render/parse-inline.ts';
import { sourceText } from '../../src/render/prompt.ts';
import { pythonText } from '../../src/render/python-text.ts';
import { renderScratchpad } from '../../src/render/scratchpad.ts';
import { localNames, walk } from '../../src/render/steps.ts';
import { renderTree } from '../../src/render/tree.ts';

function textOf(step: HistoryStep, isTree: boolean): string {
  if (step.kind === 'line') return isTree ? step.source.trim() : step.source;
  if (step.kind === 'call' || step.kind === 'resume') return step.name;
  return step.op ?? step.value ?? '';
}

function stepsOf(row: TraceRow, format: 'compact' | 'tree'): ParsedStep[] {
  const isTree = format === 'tree';
  return [...historySteps(row, { stepIn: true, instructions: isTree })].map((step) => ({
    kind: step.kind,
    text: textOf(step, isTree),
    set: step.set,
    gone: step.gone,
    depth: isTree ? Math.max(step.depth, 1) : null,
    line: isTree && step.kind === 'line' ? step.line : null,
  }));
}

function framesOf(row: TraceRow): CwmFrame[] {
  const { machine, steps } = walk(row);
  const frames: CwmFrame[] = [];
  for (const { event, activation, source } of steps()) {
    const { kind } = event;
    if (kind === 'call' || kind === 'line' || kind === 'resume') {
      const locals = [...localNames(activation)].map(
        ([name, value]) => [name, pythonText(machine.heap, value)] as const,
      );
      frames.push({ kind: kind === 'line' ? 'line' : 'call', source, locals });
    } else if (kind === 'return' || kind === 'yield') {
      frames.push({ kind: 'return', source, value: pythonText(machine.heap, event.value) });
    } else if (kind === 'raise') {
      const name = /^[^(]*/.exec(pythonText(machine.heap, event.value))?.[0] ?? '';
      frames.push({ kind: 'exception', source, value: `'${name}'` });
    } else if (kind === 'unwind') frames.push({ kind: 'return', source, value: 'None' });
  }
  return frames;
}

/** The frames of the events alone: without those of the `main` around the call. */
function parsedFrames(row: TraceRow): unknown {
  const parsed = parseCwm(renderCwm(row).slice(cwmPrompt(row).length));
  if (parsed.kind === 'refused') return parsed;
  return parsed.frames.filter(({ source }) => {
    return source !== 'def main():' && source !== `    return ${row.call}`;
  });
}

function scratchpadSteps(row: TraceRow): unknown[] {
  const { machine, steps } = walk(row);
  const found: unknown[] = [];
  for (const step of steps()) {
    if (step.event.kind !== 'line') continue;
    found.push({ state: variablesOf(machine, step), source: step.source });
  }
  return found;
}

/** Without the two lines that define and call the entry. */
function parsedScratchpad(row: TraceRow): unknown {
  const parsed = parseScratchpad(renderScratchpad(row));
  return parsed.kind === 'refused' ? parsed : parsed.steps.slice(2);
}

/** At most so many states of a row: each pair writes two of them. */
const STATES_MAX = 60;

function* pairFaults(row: TraceRow): Generator<string> {
  const source = sourceText(row);
  const states = [...dynamicStates(row)].slice(0, STATES_MAX);
  const texts = states.map(stateText);
  for (const ahead of [1, 4]) {
    for (const [at, text] of texts.slice(0, -ahead).entries()) {
      const later = texts[at + ahead] ?? '';
      const [first, second] = [states[at], states[at + ahead]];
      const there = parsePair(pairPrompt(source, text, { kind: 'dynamic', ahead }) + later);
      const back = parsePair(pairPrompt(source, later, { kind: 'inverse', ahead }) + text);
      const wanted = [
        { kind: 'dynamic', ahead, source, given: first, learned: second },
        { kind: 'inverse', ahead, source, given: second, learned: first },
      ];
      if (!isDeepStrictEqual([there, back], wanted)) yield `${String(ahead)} from ${text}`;
    }
  }
}

function* compared(
  row: TraceRow,
): Generator<readonly [format: string, read: unknown, wanted: unknown]> {
  const steps = (format: 'compact' | 'tree') => ({ kind: 'steps', steps: stepsOf(row, format) });
  yield ['compact', parseCompact(renderCompact(row)), steps('compact')];
  yield ['tree', parseTree(renderTree(row)), steps('tree')];
  yield ['scratchpad', parsedScratchpad(row), scratchpadSteps(row)];
  yield ['cwm', parsedFrames(row), framesOf(row)];
  const notes = { kind: 'notes', notes: inlineNotes(row) };
  yield ['inline', parseInline(renderInline(row), row.source), notes];
  const result = directResult(row);
  if (result !== null) yield ['direct', parseResult(resultText(result)), result];
}

/** One sentence for each format of the row that is not read back as it was. */
export function readBackFaults(row: TraceRow): string[] {
  const faults = [...compared(row)].flatMap(([format, read, wanted]) =>
    isDeepStrictEqual(read, wanted) ? [] : [`${row.id}: ${format} is not read back`],
  );
  return [...faults, ...[...pairFaults(row)].map((fault) => `${row.id}: pair ${fault}`)];
}
