// The corpora of a pilot: a seeded sample of a corpus's records, stratified by source and length, as a launch of its own.
// Each stratum is a corpus, so that what became of its records tells of the stratum.
import { Readable } from 'node:stream';
import { digestOf, sha256 } from '../identity/digest.ts';
import { IntList } from '../core/int-list.ts';
import { allocate, sampleOf } from '../core/stratified.ts';
import { AppError } from '../errors.ts';
import type { CorpusSource } from '../contract/spec.ts';
import { corpusDigestOf, identified } from './launch.ts';
import type { PreparedLaunch } from './launch.ts';
import { LineScanner } from './lines.ts';
import type { Line } from './lines.ts';
import type { LocalCorpus } from './port.ts';

/** Quarters of a source by the length of its records: long functions take longer and fail in other ways. */
const QUARTERS = 4;
/** A source of fewer records is one stratum. */
const SPLIT_MIN = 32;
const LF = Buffer.from('\n');

export interface Pilot {
  readonly prepared: PreparedLaunch;
  /** Records of each corpus of the pilot, in the whole corpora; same order. */
  readonly populations: readonly number[];
  /** Records of the pilot. */
  readonly sampled: number;
}

async function* linesOf(corpus: LocalCorpus): AsyncGenerator<Line> {
  const scanner = new LineScanner();
  for await (const piece of corpus.open()) yield* scanner.feed(piece);
  yield* scanner.end();
}

/** Lengths of the records of a corpus, in order: four bytes for each. */
async function lengthsOf(corpus: LocalCorpus): Promise<IntList> {
  const lengths = new IntList();
  for await (const { fromByte, toByte } of linesOf(corpus)) lengths.push(toByte - fromByte);
  return lengths;
}

/** Ordinals of the records of each quarter by length, ascending. */
function quartersOf(lengths: IntList): (readonly number[])[] {
  const all = Array.from({ length: lengths.length }, (_, ordinal) => ordinal);
  if (all.length < SPLIT_MIN) return all.length === 0 ? [] : [all];
  const order = all.sort((a, b) => lengths.at(a) - lengths.at(b) || a - b);
  return Array.from({ length: QUARTERS }, (_, quarter) => {
    const from = Math.floor((quarter * order.length) / QUARTERS);
    const to = Math.floor(((quarter + 1) * order.length) / QUARTERS);
    return order.slice(from, to).sort((a, b) => a - b);
  });
}

/** `a.jsonl` has strata `a~1.jsonl` and so on, so that messages name the corpus. */
function stratumName(name: string, stratum: number): string {
  const dot = name.lastIndexOf('.');
  const at = dot > 0 ? dot : name.length;
  return `${name.slice(0, at)}~${String(stratum + 1)}${name.slice(at)}`;
}

interface Stratum {
  /** Index of its corpus. */
  readonly corpus: number;
  readonly quarter: number;
  /** Ordinals of its records in the corpus. */
  readonly records: readonly number[];
}

async function strataOf({ corpora }: PreparedLaunch): Promise<Stratum[]> {
  const strata: Stratum[] = [];
  for (const [corpus, local] of corpora.entries()) {
    const quarters = quartersOf(await lengthsOf(local));
    strata.push(...quarters.map((records, quarter) => ({ corpus, quarter, records })));
  }
  return strata;
}

/** The drawn records of one corpus, read once, for each of its strata. A line that is too long to be read stays out. */
async function bodiesOf(
  corpus: LocalCorpus,
  drawn: readonly (readonly number[])[],
): Promise<Uint8Array[]> {
  const stratumOf = new Map(drawn.flatMap((list, stratum) => list.map((at) => [at, stratum])));
  const bodies = drawn.map((): Uint8Array[] => []);
  let ordinal = 0;
  for await (const { bytes } of linesOf(corpus)) {
    const stratum = stratumOf.get(ordinal);
    ordinal += 1;
    if (stratum !== undefined && bytes !== null) bodies[stratum]?.push(bytes.slice(), LF);
  }
  return bodies.map((pieces) => Buffer.concat(pieces));
}

interface Sample {
  readonly strata: readonly Stratum[];
  readonly sizes: readonly number[];
  readonly seed: number;
}

/** The corpora of the pilot that come of one corpus, and where they are from. */
async function pilotCorpora(prepared: PreparedLaunch, index: number, sample: Sample) {
  const source = prepared.resolvedSpec.corpus[index];
  const corpus = prepared.corpora[index];
  if (source === undefined || corpus === undefined) return [];
  const own = sample.strata.flatMap((stratum, at) =>
    stratum.corpus === index ? [{ stratum, size: sample.sizes[at] ?? 0 }] : [],
  );
  const drawn = own.map(({ stratum: { records, quarter }, size }) => {
    const seed = sample.seed + 1_000 * index + quarter;
    return sampleOf(records.length, size, seed).flatMap((at) => records[at] ?? []);
  });
  const bodies = await bodiesOf(corpus, drawn);
  return own.map(({ stratum }, at) => {
    const body = bodies[at] ?? new Uint8Array();
    const name = stratumName(source.name, stratum.quarter);
    const { kind, map } = source;
    const facts = { kind, name, digest: sha256(body), bytes: body.length };
    const local: LocalCorpus = { ...facts, open: () => Readable.from([body]) };
    const drawnFrom: CorpusSource = { kind, name, digest: facts.digest, map };
    return { local, source: drawnFrom };
  });
}

/**
 * A launch of `records` records of the corpora, or of all where there are fewer. The same spec, corpora, number and seed
 * give the same job. Throws AppError `corpus-empty`, and what reading the corpora throws.
 */
export async function preparePilot(
  prepared: PreparedLaunch,
  { records, seed }: { readonly records: number; readonly seed: number },
): Promise<Pilot> {
  const strata = await strataOf(prepared);
  if (strata.length === 0) throw new AppError('corpus-empty', 'the corpora hold no record');
  const populations = strata.map((stratum) => stratum.records.length);
  const sizes = allocate(populations, records);
  const made = [];
  for (const index of prepared.corpora.keys()) {
    made.push(...(await pilotCorpora(prepared, index, { strata, sizes, seed })));
  }
  const corpora = made.map(({ local }) => local);
  const sources = made.map(({ source }) => source);
  const sampled = sizes.reduce((sum, size) => sum + size, 0);
  return { prepared: launchOf(prepared, corpora, sources), populations, sampled };
}

/** Under a name of its own, and never stopped by what `require:` asks of the whole. */
function launchOf(
  { resolvedSpec, jobId: whole, benchmarks, policy }: PreparedLaunch,
  corpora: readonly LocalCorpus[],
  sources: readonly CorpusSource[],
): PreparedLaunch {
  const corpusDigest = corpusDigestOf(sources);
  const suffix = digestOf('pilot', [whole, corpusDigest]).slice(0, 8);
  const name = `${resolvedSpec.name.slice(0, 40)}-pilot-${suffix}`;
  const pilotSpec = {
    ...resolvedSpec,
    name,
    corpus: sources,
    require: { acceptedMin: null, faultsMax: null },
    output: { ...resolvedSpec.output, set: `${name}@v1` },
  };
  // A pilot is looked at by who asked for it, and told to nobody else.
  const notify = null;
  return identified({ resolvedSpec: pilotSpec, corpusDigest, corpora, benchmarks, policy, notify });
}
