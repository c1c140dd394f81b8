// The hostile corpus as data: one Python file per case, its expectations in the comments at its head.
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { OUTCOMES } from '../../src/contract/outcome.ts';
import type { OutcomeKind } from '../../src/contract/outcome.ts';
import type { FunctionKind } from '../../src/contract/function.ts';

export interface HostileCase {
  /** `cpu/t01-busy-loop` */
  readonly name: string;
  readonly source: string;
  readonly expect: readonly OutcomeKind[];
  readonly attack: string;
  readonly kind: FunctionKind;
  /** Literal of the value that it must return. */
  readonly value: string | null;
  /** Whether value and output must be the same in every run of one sandbox variant. */
  readonly same: boolean;
  /** Labels that it must get in both roles. */
  readonly labels: readonly string[];
  readonly cpuMs: number;
  readonly wallMs: number;
}

const CORPUS = fileURLToPath(new URL('./corpus/', import.meta.url));
/** Of what is never counted: huge powers, loops of C. Counted budgets need less, also beside other work. */
const CPU_MS = 1_000;
/** Far above what the limit of processor time takes, also on a machine that is busy with other things. */
const WALL_MS = 60_000;

function headOf(text: string): Map<string, string> {
  const head = new Map<string, string>();
  for (const line of text.split('\n')) {
    const found = /^# (\w+): +(.+)$/.exec(line);
    if (found === null) return head;
    head.set(found[1] ?? '', found[2] ?? '');
  }
  return head;
}

function isOutcome(word: string): word is OutcomeKind {
  return OUTCOMES.some((outcome) => outcome === word);
}

function caseOf(name: string, source: string): HostileCase {
  const head = headOf(source);
  const expected = (head.get('expect') ?? '').split(' ');
  const outcomes = expected.filter(isOutcome);
  const isWhole = outcomes.length === expected.length && head.has('attack') && head.has('after');
  if (!isWhole) throw new Error(`${name} has no whole head`);
  return {
    name,
    source,
    expect: outcomes,
    attack: head.get('attack') ?? '',
    kind: head.get('kind') === 'source' ? 'source' : 'program',
    value: head.get('value') ?? null,
    same: head.get('same') === 'yes',
    labels: head.get('labels')?.split(' ') ?? [],
    cpuMs: Number(head.get('cpu') ?? CPU_MS),
    wallMs: Number(head.get('wall') ?? WALL_MS),
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
