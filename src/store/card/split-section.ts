// The section of the data card about splits: how many functions each has, and how similar the nearest two across them are.
import { grouped } from '../../core/grouped.ts';
import { HELD_OUT, SPLITS } from '../../contract/split.ts';
import type { ClosestPair, HeldOut, SplitFacts } from '../../contract/split.ts';
import { table } from './text.ts';

function similarity({ shared, total }: ClosestPair): string {
  if (total === 0) return '0';
  return `${(shared / total).toFixed(3)} (${grouped(shared)} of ${grouped(total)} shingles)`;
}

function closestRow(split: HeldOut, closest: ClosestPair): readonly string[] {
  const [inside, outside] = closest.pair ?? ['', ''];
  const id = (text: string): string => (text === '' ? '' : `\`${text.slice(0, 12)}\``);
  const compared = `${grouped(closest.compared)} with all others`;
  return [`\`${split}\``, compared, similarity(closest), id(inside), id(outside)];
}

export function splitSection(facts: SplitFacts): string {
  const { functions, closest } = facts;
  const sizes = table(
    ['split', 'functions kept'],
    SPLITS.filter((split) => functions[split] > 0).map((split) => [
      `\`${split}\``,
      grouped(functions[split]),
    ]),
  );
  const rows = HELD_OUT.flatMap((split) => {
    const pair = closest[split];
    return pair === undefined ? [] : [closestRow(split, pair)];
  });
  const nearest = table(
    ['split', 'functions compared', 'highest similarity', 'function', 'most similar to'],
    rows,
  );
  const text = [
    `${grouped(facts.components)} components were assigned whole, of ${grouped(facts.clusters)} clusters; the largest one has`,
    `${grouped(facts.largestComponent)} functions. ${grouped(facts.functionsTooLarge)} functions belong to components that are larger than what`,
    `is held out, and are in \`train\` for that. ${grouped(facts.pairsJoinedLate)} pairs of similar functions were found by the last`,
    'comparison alone, and put together.',
  ].join('\n');
  const parts = ['## Splits', sizes, text, ...(rows.length === 0 ? [] : [nearest])];
  return `${parts.join('\n\n')}\n`;
}
