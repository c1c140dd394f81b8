// Examples as rows of the published table `text`.
import type { TraceRow } from '../contract/row.ts';
import type { TextRow } from '../contract/text.ts';
import { exampleId } from '../identity/text-keys.ts';
import { exampleText } from './examples.ts';
import type { Example } from './examples.ts';

/** Code points: a pair of surrogates is one. */
function codePoints(text: string): number {
  let pairs = 0;
  for (let at = 0; at < text.length - 1; at += 1) {
    if ((text.charCodeAt(at) & 0xfc00) !== 0xd800) continue;
    if ((text.charCodeAt(at + 1) & 0xfc00) === 0xdc00) pairs += 1;
  }
  return text.length - pairs;
}

export function textRow(
  row: Pick<TraceRow, 'id' | 'function_id' | 'split'>,
  example: Example,
): TextRow {
  const { format, given, learned, stepFrom, stepTo, ahead, tokens } = example;
  const start = codePoints(given);
  return {
    id: exampleId({ format, traceId: row.id, stepFrom, stepTo }),
    text: exampleText(example),
    format,
    function_id: row.function_id,
    trace_id: row.id,
    split: row.split,
    loss_spans: [{ start, end: start + codePoints(learned) }],
    step_from: stepFrom,
    step_to: stepTo,
    ahead,
    tokens,
  };
}
