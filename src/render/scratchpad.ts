// The scratchpad after Nye et al. (arXiv 2112.00114, Appendix C): the lines that run, one after the other, and before each
// all variables of its scope.
import type { TraceRow } from '../contract/row.ts';
import { objectOf, variablesOf } from './history.ts';
import { jsonValue } from './json-value.ts';
import { joined, pythonJson, walk } from './steps.ts';
import type { Piece } from './steps.ts';

const linesOf = (...lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');

const calleeOf = (entry: string): [string, string] => [
  entry,
  pythonJson(`<callable_object ${entry}>`),
];

function begun({ entry, call }: TraceRow, source: string): string {
  const defined = `state: ${objectOf([calleeOf(entry)])}`;
  return linesOf('state: {}', `line: ${source}`, defined, `line: output = ${call}`);
}

/** How the call ended, as the state of the module: its value under `output`, or what was raised. */
function endOf(row: TraceRow, last: string): string {
  if (row.outcome === 'returned')
    return linesOf(`state: ${objectOf([calleeOf(row.entry), ['output', last]])}`);
  return row.exception_type === null ? '' : linesOf(`raised: ${row.exception_type}`);
}

/** `state: {…}` before each `line: …`; the first lines define and call the entry. */
export function* scratchpadPieces(row: TraceRow): Generator<Piece> {
  const { machine, steps } = walk(row);
  let last: string | null = null;
  let ended = 0;
  for (const { event, activation, source, index } of steps()) {
    if (index === 0) yield { text: begun(row, source), step: index };
    if (event.kind === 'line') {
      const state = objectOf(variablesOf(machine, { activation }));
      yield { text: linesOf(`state: ${state}`, `line: ${source}`), step: index };
    }
    if (event.kind === 'return') last = jsonValue(machine.heap, event.value);
    if (event.kind === 'unwind') last = '';
    if (event.kind === 'return' || event.kind === 'unwind') ended = index;
  }
  if (last !== null) yield { text: endOf(row, last), step: ended };
}

export function renderScratchpad(row: TraceRow): string {
  return joined(scratchpadPieces(row));
}
