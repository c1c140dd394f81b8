// The pass earlier of fake jobs: its own code, over a sandbox that answers what the fake functions say of their trees.
import { MockActivityEnvironment } from '@temporalio/testing';
import { earlierBatch } from '../../activities/earlier-batch.ts';
import type { BatchResult } from '../../src/contract/job.ts';
import type { SandboxEnvironment, SlotPool } from '../../src/sandbox/port.ts';
import { DEFAULT_LIMITS } from '../../src/contract/limits.ts';
import { NO_METRICS } from '../../src/metrics/port.ts';
import type { PreparedJob } from './fake-job.ts';
import { testLog } from './services.ts';

interface AskedRecord {
  readonly id: number;
  readonly source: string;
  readonly entry: string;
}

function answerTo({ records }: { readonly records: readonly AskedRecord[] }, trees: Trees) {
  return {
    v: 1,
    records: records.map(({ id, source, entry }) => ({
      ...{ id, reject: null, module: null },
      functions: [
        {
          ...{ kind: null, source: null, original: null, reject: null, entry, qualname: entry },
          ...{ line_start: 1, line_end: 2, loop_depth: 0, inputs: [], tested: false },
          tree: trees(source),
        },
      ],
    })),
  };
}

/** The tree of a source, as ingest of the fake job has it. */
export type Trees = (source: string) => string;

export interface EarlierSteps {
  /** Is told how many requests there were before. */
  readonly onAnalyze?: (asked: number) => void;
  readonly drain?: AbortSignal;
}

/** One batch of the pass earlier, and how many requests its sandbox was asked. */
export async function runEarlier(
  at: PreparedJob,
  batchIndex: number,
  { trees, onAnalyze, drain }: EarlierSteps & { readonly trees: Trees },
): Promise<{ readonly result: BatchResult; readonly asked: number }> {
  let asked = 0;
  const slot = {
    analyze: (request: unknown) => {
      onAnalyze?.(asked);
      asked += 1;
      return Promise.resolve(answerTo(request as Parameters<typeof answerTo>[0], trees));
    },
  };
  const pool = {
    environment: () => Promise.resolve({ id: at.environment } as SandboxEnvironment),
    use: <T>(work: (given: typeof slot) => Promise<T>) => work(slot),
  } as unknown as SlotPool;
  const deps = {
    ...{ storeOf: at.deps.storeOf, pool, metrics: NO_METRICS, limitsMax: DEFAULT_LIMITS },
    ...{ log: testLog(), llm: null, sandboxImage: null as never },
    drain: drain ?? new AbortController().signal,
  };
  const input = { ...at, pass: 'earlier', batchIndex } as const;
  const result: BatchResult = await new MockActivityEnvironment().run(earlierBatch, deps, input);
  return { result, asked };
}

export async function fakeEarlier(at: PreparedJob, sets: number, trees: Trees): Promise<void> {
  for (let batchIndex = 0; batchIndex < sets; batchIndex += 1) {
    await runEarlier(at, batchIndex, { trees });
  }
}
