// CRUXEval's programs in other words (test/support/rewrite.py, run in the sandbox), as lines of a corpus.
import { readFileSync } from 'node:fs';
import { readExecution } from '../../activities/read-execution.ts';
import { MAX_LIMITS } from '../../src/contract/limits.ts';
import type { SandboxSlot } from '../../src/sandbox/port.ts';
import { invocation } from './invocations.ts';

export interface Program {
  readonly code: string;
  readonly input: string;
}

export interface Rewritten {
  readonly source: string;
  readonly entry: string;
  /** False where the mode changes nothing but names and layout. */
  readonly changed: boolean;
}

const REWRITE = readFileSync(new URL('rewrite.py', import.meta.url), 'utf8');
/** What one run prints stays far below the limit on output. */
const PROGRAMS_PER_RUN = 40;

export function readPrograms(path: string): Program[] {
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as Program);
}

/** In the order of the programs. */
export async function rewritten(
  slot: Pick<SandboxSlot, 'trace'>,
  programs: readonly Program[],
  mode: string,
): Promise<Rewritten[]> {
  const all: Rewritten[] = [];
  const { signal } = new AbortController();
  const limits = MAX_LIMITS;
  for (let from = 0; from < programs.length; from += PROGRAMS_PER_RUN) {
    const texts = programs.slice(from, from + PROGRAMS_PER_RUN).map(({ code }) => code);
    const request = invocation(REWRITE, {
      ...{ kind: 'program', entry: '', call: '', granularity: 'call', limits },
      stdin: JSON.stringify({ mode, entry: 'f', programs: texts }),
    });
    const { ending } = readExecution(await slot.trace(request, signal), limits);
    if (ending.outcome !== 'returned') {
      throw new Error(`rewriting ${mode}: ${JSON.stringify(ending)}`);
    }
    all.push(...(JSON.parse(ending.stdout) as Rewritten[]));
  }
  return all;
}

export function corpusLine({ source, entry }: Rewritten, { input }: Program): string {
  return JSON.stringify({ source, entry, calls: [`${entry}(${input})`] });
}
