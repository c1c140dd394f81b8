// The hostile corpus as data: one Python file per case, its expectations in the comments at its head.
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LABELS, OUTCOMES } from '../../src/contract/outcome.ts';
import type { Label, OutcomeKind } from '../../src/contract/outcome.ts';
import type { FunctionKind } from '../../src/contract/function.ts';

/** One end that a case may have: its outcome, and all labels of its row, in the order of LABELS. */
export interface HostileEnd {
  readonly outcome: OutcomeKind;
  readonly labels: readonly Label[];
}

export interface HostileCase {
  /** `cpu/t01-busy-loop` */
  readonly name: string;
  readonly source: string;
  /** One, but for a race, which may end in any of them. */
  readonly expect: readonly HostileEnd[];
  /** What decides between the ends; null where there is one. */
  readonly race: string | null;
  readonly attack: string;
  readonly kind: FunctionKind;
  /** Literal of the value that it must return. */
  readonly value: string | null;
  /** Whether value and output must be the same in every run of one sandbox variant. */
  readonly same: boolean;
  readonly cpuMs: number;
  readonly wallMs: number;
}

const CORPUS = fileURLToPath(new URL('./corpus/', import.meta.url));
/** Of what is never counted: huge powers, loops of C. Counted budgets need less, also beside other work. */
const CPU_MS = 1_000;
/** Far above what the limit of processor time takes, also on a machine that is busy with other things. */
const WALL_MS = 60_000;

type Head = ReadonlyMap<string, readonly string[]>;

function headOf(text: string): Head {
  const head = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const found = /^# (\w+): +(.+)$/.exec(line);
    if (found === null) return head;
    const [, key = '', value = ''] = found;
    head.set(key, [...(head.get(key) ?? []), value]);
  }
  return head;
}

function inOrder<T extends string>(known: readonly T[], words: readonly string[]): readonly T[] {
  const found = known.filter((word) => words.includes(word));
  if (found.length !== words.length) throw new Error(`not all known: ${words.join(' ')}`);
  return found;
}

/** `returned` or `returned (threads touches-clock)`. */
function hostileEnd(text: string): HostileEnd {
  const [, outcome = '', labels = ''] = /^(\S+)(?: \((.+)\))?$/.exec(text) ?? [];
  const [known] = inOrder(OUTCOMES, [outcome]);
  if (known === undefined) throw new Error(`no outcome: ${text}`);
  return { outcome: known, labels: inOrder(LABELS, labels === '' ? [] : labels.split(' ')) };
}

/** An end as the head of a case states it. */
export function textOfEnd({ outcome, labels }: HostileEnd): string {
  return labels.length === 0 ? outcome : `${outcome} (${labels.join(' ')})`;
}

function caseOf(name: string, source: string): HostileCase {
  const head = headOf(source);
  const one = (key: string): string | null => head.get(key)?.[0] ?? null;
  const expected = (head.get('expect') ?? []).map(hostileEnd);
  const isWhole = expected.length > 0 && head.has('attack') && head.has('after');
  if (!isWhole) throw new Error(`${name} has no whole head`);
  if (expected.length > 1 !== head.has('race')) throw new Error(`${name}: one end, or a race`);
  return {
    name,
    source,
    expect: expected,
    race: one('race'),
    attack: one('attack') ?? '',
    kind: one('kind') === 'source' ? 'source' : 'program',
    value: one('value'),
    same: one('same') === 'yes',
    cpuMs: Number(one('cpu') ?? CPU_MS),
    wallMs: Number(one('wall') ?? WALL_MS),
  };
}

/** All cases, ascending by name. */
export async function readCases(): Promise<HostileCase[]> {
  const files = (await readdir(CORPUS, { recursive: true })).filter((file) => file.endsWith('.py'));
  return Promise.all(
    files.sort().map(async (file) => {
      return caseOf(file.slice(0, -'.py'.length), await readFile(join(CORPUS, file), 'utf8'));
    }),
  );
}
