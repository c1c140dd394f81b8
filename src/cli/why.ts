// tracemill why: what became of a record, a function, an input or an invocation, stage by stage.
import type { Answer } from './answers.ts';
import type { Command } from 'commander';
import type { LedgerRow } from '../contract/row.ts';
import { visibleLine } from '../render/visible.ts';
import type { JsonOption, Run } from './context.ts';
import { JSON_FLAG, JSON_HELP } from './context.ts';
import type { Paint } from './print.ts';
import { findTarget } from './target.ts';

const ID_SHOWN = 12;
const LABEL_WIDTH_MAX = 72;
const HEX_RUN = /[0-9a-f]{64}/g;

/** Digests are cut to a prefix that still finds them. */
function shortId(id: string): string {
  return visibleLine(
    id.replace(HEX_RUN, (digest) => digest.slice(0, ID_SHOWN)),
    LABEL_WIDTH_MAX,
  );
}

interface Placed {
  readonly link: LedgerRow;
  readonly depth: number;
}

/** Each link below the one that it came from, siblings in the order given. A function of several records has one place. */
function asTree(links: readonly LedgerRow[]): Placed[] {
  const known = new Set(links.map((link) => link.id));
  const children = new Map<string | null, LedgerRow[]>();
  for (const link of links) {
    const parent = link.parent_id !== null && known.has(link.parent_id) ? link.parent_id : null;
    children.set(parent, [...(children.get(parent) ?? []), link]);
  }
  const place = (parent: string | null, depth: number): Placed[] => {
    const own = children.get(parent) ?? [];
    children.delete(parent);
    return own.flatMap((link) => [{ link, depth }, ...place(link.id, depth + 1)]);
  };
  return place(null, 0);
}

/** Equal things have one id: to name it again would say nothing. */
function keptInstead(link: LedgerRow, keeper: string): string {
  // Of a contaminated function, the record of the benchmark.
  if (link.reasons.some((reason) => reason.startsWith('contaminated-'))) return `in ${keeper}`;
  if (link.reasons.some((reason) => reason.startsWith('earlier-'))) {
    return `an earlier set holds ${shortId(keeper)}`;
  }
  if (keeper === link.id) return 'the equal one before it was kept';
  return `kept instead: ${shortId(keeper)}`;
}

function becameOf(link: LedgerRow, paint: Paint): string {
  const verdict =
    link.verdict === null
      ? []
      : [paint(link.verdict === 'accepted' ? 'green' : 'yellow', link.verdict)];
  const reasons = link.reasons.length === 0 ? [] : [`because ${link.reasons.join(', ')}`];
  const keeper = link.keeper_id === null ? [] : [keptInstead(link, link.keeper_id)];
  const place =
    link.file === null ? [] : [paint('dim', `${link.file} row ${String(link.row ?? 0)}`)];
  const origin = link.origin === null ? [] : [`from ${link.origin}`];
  const outcome = link.file === null ? `${link.outcome} at ${link.stage}` : link.outcome;
  return [...origin, outcome, ...verdict, ...reasons, ...keeper, ...place].join('; ');
}

/** The chain as indented lines: what it is, then what became of it. */
export function chainText(links: readonly LedgerRow[], paint: Paint): string {
  const placed = asTree(links);
  const heads = placed.map(
    ({ link, depth }) => `${'  '.repeat(depth)}${link.unit} ${shortId(link.id)}`,
  );
  const width = Math.max(0, ...heads.map((head) => head.length));
  return placed
    .map(({ link }, index) => `${(heads[index] ?? '').padEnd(width)}  ${becameOf(link, paint)}`)
    .join('\n');
}

export function registerWhy(program: Command, run: Run): void {
  program
    .command('why')
    .description('say what became of a thing, and why')
    .argument('<JOB|SET>', 'whose data set')
    .argument('<THING>', 'file.jsonl:17, path::qualname#k, or the prefix of an id')
    .option(JSON_FLAG, JSON_HELP)
    .action((job: string, thing: string, options: JsonOption) =>
      run(options, async ({ gateway, print, isJson }) => {
        const target = await findTarget(gateway, job);
        const sets = await gateway.sets();
        const chain = await sets.why({ bucket: target.bucket, set: target.set, thing });
        if (isJson) {
          const { cut, links } = chain;
          print.json({ set: target.set, thing, cut, links } satisfies Answer<'why'>);
          return 0;
        }
        print.answer(chainText(chain.links, print.paint));
        if (chain.cut) print.answer('There are more; give a longer id to see fewer.');
        return 0;
      }),
    );
}
