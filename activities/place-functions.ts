// The pass place: cluster, split and labels of every kept function. One decision over all of them, whose object publish reads.
//
// Functions are put together by repository, by text and by the pairs of the pass cluster, and assigned. Then every function
// that is held out is compared with every one that is not: a pair at or above the threshold, which MinHash missed, is put
// together too and all is assigned again, until there is none. So what the manifest says of the most similar pair is exact.
import type { BatchInput, BatchResult, LedgerPage } from '../src/contract/job.ts';
import type { PlaceRow } from '../src/contract/sealed-rows.ts';
import { HELD_OUT, SPLITS } from '../src/contract/split.ts';
import type { ClosestPair, HeldOut, Split, SplitFacts, SplitSpec } from '../src/contract/split.ts';
import { nearBatchesOf } from '../src/core/plan.ts';
import { contentKeyOf, sha256 } from '../src/identity/digest.ts';
import { earlierFunctions } from '../src/store/earlier-functions.ts';
import type { EarlierFunctions } from '../src/store/earlier-functions.ts';
import { keptFunctions } from '../src/store/kept-functions.ts';
import type { KeptFunction, KeptFunctions } from '../src/store/kept-functions.ts';
import { readPages } from '../src/store/ledger-pages.ts';
import type { ObjectStore } from '../src/store/object-store.ts';
import { GroupedWriter } from '../src/store/grouped-writer.ts';
import type { TableWriter } from '../src/store/parquet.ts';
import { factsMetadata } from '../src/store/placements.ts';
import { sealedBatch } from '../src/store/sealed-batch.ts';
import { openStored } from '../src/store/stored-table.ts';
import { MATCHED, PLACED } from '../src/store/tables.ts';
import { closestPair } from '../src/unique/closest.ts';
import { FunctionList, placesOf } from '../src/unique/places.ts';
import type { Places } from '../src/unique/places.ts';
import { UnionFind } from '../src/unique/union-find.ts';
import { allTexts } from './cluster-batch.ts';
import type { ActivityDeps } from './deps.ts';
import { joinedPairs } from './joined-pairs.ts';
import { loadSpec } from './load-spec.ts';

/** Rises with every change of what this pass decides or writes. */
const PASS_VERSION = 1;
/** 64 MiB of shingles of what is held out, and some four times that for their index. */
const SHINGLES_MAX = 16 * 1024 * 1024;

/** The items of benchmarks that functions resemble, where those stay: by batch as functions come, then by place. */
class Labels {
  readonly #store: ObjectStore;
  readonly #pages: readonly LedgerPage[];
  readonly #byPlace = new Map<number, readonly string[]>();
  #batch = -1;
  #ofBatch = new Map<number, string[]>();

  constructor(store: ObjectStore, pages: readonly LedgerPage[]) {
    this.#store = store;
    this.#pages = pages;
  }

  get count(): number {
    return this.#byPlace.size;
  }

  async see(place: number, { batchIndex, row }: KeptFunction): Promise<void> {
    if (batchIndex !== this.#batch) await this.#begin(batchIndex);
    const labels = this.#ofBatch.get(row);
    if (labels !== undefined) this.#byPlace.set(place, labels);
  }

  /** Null where functions were not labelled. */
  of(place: number): readonly string[] | null {
    return this.#pages.length === 0 ? null : (this.#byPlace.get(place) ?? []);
  }

  async #begin(batch: number): Promise<void> {
    this.#batch = batch;
    this.#ofBatch = new Map();
    const page = this.#pages[batch];
    if (page === undefined) return;
    const file = await openStored(this.#store, MATCHED, page.key);
    for (const { ingest_row, rule, item } of await file.read()) {
      const labels = this.#ofBatch.get(ingest_row) ?? [];
      labels.push(`${rule} ${item}`);
      this.#ofBatch.set(ingest_row, labels);
    }
  }
}

async function listFunctions(
  kept: KeptFunctions,
  {
    by,
    earlier,
    labels,
  }: {
    readonly by: SplitSpec['by'];
    readonly earlier: EarlierFunctions;
    readonly labels: Labels;
  },
): Promise<FunctionList> {
  const functions = new FunctionList(by);
  for await (const row of earlier.all()) {
    const { function_id: functionId, source_digest: sourceDigest, repository, split } = row;
    functions.addEarlier({ functionId, sourceDigest, repository }, split);
  }
  for await (const each of kept.all()) {
    const { source, provenance } = each.function;
    const { repository } = provenance;
    const { functionId } = each;
    await labels.see(functions.length, each);
    functions.add({ functionId, repository, sourceDigest: sha256(source) });
  }
  return functions;
}

/** Where all are in train. */
const NOT_SPLIT: SplitSpec = {
  by: 'cluster',
  clusterJaccard: 1,
  shares: { test: 0, validation: 0 },
  seed: 0,
};

interface Deciding {
  readonly earlier: EarlierFunctions;
  readonly kept: KeptFunctions;
  readonly functions: FunctionList;
  readonly clusters: UnionFind;
  readonly spec: SplitSpec;
}

interface Decided {
  readonly places: Places;
  readonly facts: SplitFacts;
}

/** The closest pair of each split that has functions; joins pairs that are too close and says how many it joined. */
async function measure(
  { earlier, kept, functions, clusters, spec }: Deciding,
  { splitOf }: Places,
): Promise<{ joined: number; closest: Partial<Record<HeldOut, ClosestPair>> }> {
  const closest: Partial<Record<HeldOut, ClosestPair>> = {};
  let joined = 0;
  for (const split of HELD_OUT) {
    const { best, compared } = await closestPair(() => allTexts(earlier, kept), {
      isIndexed: (place) => splitOf(place) === split,
      level: spec.clusterJaccard,
      shinglesMax: SHINGLES_MAX,
      firstNew: functions.earlier,
      onPair: ({ a, b }) => {
        if (clusters.join(a, b)) joined += 1;
      },
    });
    if (compared === 0) continue;
    const { shared, total } = best ?? { shared: 0, total: 0 };
    const pair = best === null ? null : ([functions.id(best.a), functions.id(best.b)] as const);
    closest[split] = { compared, shared, total, pair };
  }
  return { joined, closest };
}

/** Of the job's own. */
function functionsBySplit(
  { splitOf }: Places,
  { earlier, length }: FunctionList,
): Record<Split, number> {
  const functions = { train: 0, validation: 0, test: 0 };
  for (let place = earlier; place < length; place += 1) functions[splitOf(place)] += 1;
  return functions;
}

function earlierFacts(
  { earlier }: FunctionList,
  places: Places,
): NonNullable<SplitFacts['earlier']> {
  const { joinedEarlier, conflicting } = places;
  return { functions: earlier, joined: joinedEarlier, conflicting };
}

/**
 * The ids of clusters that functions of earlier sets are in, by the place that names the cluster: the smallest one that
 * they were published with. Only of clusters that the job's own functions are in.
 */
async function earlierClusters(
  earlier: EarlierFunctions,
  functions: FunctionList,
  { order, clusterOf }: Places,
): Promise<ReadonlyMap<number, string>> {
  const found = new Map<number, string>();
  if (functions.earlier === 0) return found;
  const wanted = new Set(order.map((place) => clusterOf[place]));
  let place = 0;
  for await (const { function_id, cluster_id } of earlier.all()) {
    const cluster = clusterOf[place];
    place += 1;
    if (cluster === undefined || !wanted.has(cluster)) continue;
    const id = cluster_id ?? function_id;
    const known = found.get(cluster);
    if (known === undefined || id < known) found.set(cluster, id);
  }
  return found;
}

/** Each round puts at least two clusters together, so there is a last one; most jobs have one. */
async function decide(deciding: Deciding): Promise<Decided> {
  const { functions, clusters, spec } = deciding;
  for (let pairsJoinedLate = 0; ;) {
    const places = placesOf(functions, clusters, spec);
    const { joined, closest } = await measure(deciding, places);
    pairsJoinedLate += joined;
    if (joined > 0) continue;
    const facts: SplitFacts = {
      functions: functionsBySplit(places, functions),
      clusters: places.clusters,
      components: places.components.length,
      largestComponent: places.components.reduce((most, { size }) => Math.max(most, size), 0),
      functionsTooLarge: places.functionsTooLarge,
      pairsJoinedLate,
      ...(functions.earlier === 0 ? {} : { earlier: earlierFacts(functions, places) }),
      closest,
    };
    return { places, facts };
  }
}

interface Placed {
  readonly places: Places;
  readonly labels: Labels;
  /** Null where functions are not split; else ids of clusters that are older than this job. */
  readonly clusterIds: ReadonlyMap<number, string> | null;
}

function writeRows(
  functions: FunctionList,
  { places, labels, clusterIds }: Placed,
): TableWriter<PlaceRow> {
  const rows = new GroupedWriter(PLACED);
  for (const place of places.order) {
    const cluster = places.clusterOf[place] ?? place;
    rows.add({
      function_id: functions.id(place),
      cluster_id: clusterIds && (clusterIds.get(cluster) ?? functions.id(cluster)),
      split: places.splitOf(place),
      contaminated_by: labels.of(place),
    });
  }
  return rows.finish();
}

/** Idempotent: the object is found by what was kept, the pairs that were found, and the spec's `split`. */
export async function placeFunctions(
  deps: Pick<ActivityDeps, 'storeOf'>,
  input: BatchInput,
): Promise<BatchResult> {
  const store = deps.storeOf(input.bucket);
  const whole = await loadSpec(store, input);
  const { split: spec, unique } = whole;
  const earlier = await earlierFunctions(store, input, whole);
  const kept = await keptFunctions(store, input);
  const pages = await readPages(store, input, {
    pass: 'cluster',
    batchCount: spec === undefined ? 0 : nearBatchesOf(input.planBatchCount),
  });
  const matched = await readPages(store, input, {
    pass: 'match',
    batchCount: unique.benchmarks?.action === 'label' ? input.planBatchCount : 0,
  });
  const contentKey = contentKeyOf({
    pass: 'place',
    passVersion: PASS_VERSION,
    specPart: { split: spec ?? null, labels: matched.length > 0 },
    environment: null,
    inputDigests: [
      ...earlier.digests,
      ...kept.digests,
      ...[...pages, ...matched].map(({ digest }) => digest),
    ],
  });
  return await sealedBatch({ store, input, table: PLACED, contentKey }, async () => {
    const labels = new Labels(store, matched);
    const functions = await listFunctions(kept, { by: spec?.by ?? 'cluster', earlier, labels });
    if (spec === undefined) {
      const places = placesOf(functions, new UnionFind(functions.length), NOT_SPLIT);
      const writer = writeRows(functions, { places, labels, clusterIds: null });
      return { writer, counts: { functionsLabelled: labels.count } };
    }
    const clusters = await joinedPairs(store, pages, functions.length);
    const { places, facts } = await decide({ earlier, kept, functions, clusters, spec });
    const counts = {
      ...Object.fromEntries(SPLITS.map((split) => [`functions.${split}`, facts.functions[split]])),
      ...(matched.length === 0 ? {} : { functionsLabelled: labels.count }),
    };
    const clusterIds = await earlierClusters(earlier, functions, places);
    const writer = writeRows(functions, { places, labels, clusterIds });
    return { writer, counts, metadata: factsMetadata(facts) };
  });
}
