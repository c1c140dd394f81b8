// What stands before that which is learned: the source with numbered lines, so that none of them can be taken for another
// part of the text, and the input.
import type { TraceRow } from '../contract/row.ts';

/** `== source`, then each line with its number and a space. */
export function sourceText({ source }: Pick<TraceRow, 'source'>): string {
  const lines = source.replace(/\n+$/, '').split('\n');
  return `== source\n${lines.map((line, index) => `${String(index + 1)} ${line}\n`).join('')}`;
}

/** `== setup`, `== call` and `== stdin`, each where there is one. */
export function inputText({
  setup,
  call,
  stdin,
}: Pick<TraceRow, 'setup' | 'call' | 'stdin'>): string {
  return [
    ...(setup === '' ? [] : [`== setup\n${setup.replace(/\n+$/, '')}\n`]),
    ...(call === '' ? [] : [`== call\n${call}\n`]),
    ...(stdin === '' ? [] : [`== stdin\n${JSON.stringify(stdin)}\n`]),
  ].join('');
}
