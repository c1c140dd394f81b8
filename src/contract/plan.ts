// How a job's corpus is cut into batches: made once per job, stored at planKey(job, 'ingest', planDigest) as canonical
// JSON. It decides who works on what and in which order, never what comes out (docs/job-spec.md, "Records").
import type { CorpusKind } from './spec.ts';

export const PLAN_VERSION = 2;

export interface PlanSource {
  readonly name: string;
  readonly kind: CorpusKind;
  /** SHA-256 of the object. */
  readonly digest: string;
  /** Of a listing that a worker made; absent where the object is `corpora/<digest>`. */
  readonly key?: string;
}

/**
 * A run of whole lines of one corpus object; a record is a line that is not blank. A line that is too long to be a
 * record is the last of its batch, and the range stops inside it.
 */
export interface PlanBatch {
  /** Index into `sources`. */
  readonly source: number;
  /** Bytes of the corpus object, `fromByte` inclusive, `toByte` exclusive. */
  readonly fromByte: number;
  readonly toByte: number;
  /** 0-based line of the first byte: the record index of a record is its line, so that `file.jsonl:17` is index 16. */
  readonly firstRecord: number;
  /** Records in the range. */
  readonly records: number;
  /** SHA-256 of the range's lines and their places (src/corpus/lines.ts): a worker takes no other bytes for them. */
  readonly digest: string;
}

/** Batches follow the order of the sources, then of the lines: batch order is canonical order. */
export interface CorpusPlan {
  readonly v: typeof PLAN_VERSION;
  readonly batchSize: number;
  readonly sources: readonly PlanSource[];
  readonly batches: readonly PlanBatch[];
}

/** A batch without the source that it belongs to, as the cut of one corpus object gives it. */
export type CorpusRange = Omit<PlanBatch, 'source'>;

/** Puts the cuts of all sources together; `ranges[i]` belongs to `sources[i]`. */
export function makePlan(
  batchSize: number,
  sources: readonly PlanSource[],
  ranges: readonly (readonly CorpusRange[])[],
): CorpusPlan {
  return {
    v: PLAN_VERSION,
    batchSize,
    sources: sources.map(({ name, kind, digest, key }) => ({
      name,
      kind,
      digest,
      ...(key === undefined ? {} : { key }),
    })),
    batches: ranges.flatMap((list, source) => list.map((range) => ({ source, ...range }))),
  };
}
