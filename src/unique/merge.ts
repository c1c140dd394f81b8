// Decides which functions and inputs are kept: the first in canonical order wins. Fed batch by batch in that order, then
// asked batch by batch for the decisions. Holds ids and numbers only, never a text.
import { invariant } from '../core/assert.ts';
import { DigestIndex } from '../core/digest-index.ts';
import { IntList } from '../core/int-list.ts';
import type { Reason } from '../contract/outcome.ts';
import type { EarlierRow, IngestRow, UniqueRow } from '../contract/sealed-rows.ts';
import type { UnionFind } from './union-find.ts';

/** What the decision reads of an ingest row; all rows of the object, records too, in order. */
export type UnitRow = Pick<
  IngestRow,
  'unit' | 'id' | 'parent_id' | 'ast_digest' | 'outcome' | 'reasons' | 'origin'
>;

/** Why a function is in a benchmark, and in which record of it. */
export interface Contamination {
  readonly reasons: readonly Reason[];
  readonly item: string;
}

/** By row of the ingest object; only those that are dropped for it. */
export type Contaminations = ReadonlyMap<number, Contamination>;
const NO_CONTAMINATIONS: Contaminations = new Map();

export interface MergeOptions {
  /** `ast`: functions with one tree are duplicates; `source`: only equal functions are. */
  readonly exact: 'ast' | 'source';
  /** Inputs kept for each function. */
  readonly keep: number;
  /** Groups of near duplicates over the places of the function rows; null where they are not looked for. */
  readonly near: UnionFind | null;
  /** True where a later pass looks for inputs: a function without one is then nothing to tell of. */
  readonly synthesize?: true;
}

type Fate =
  | 'kept'
  | 'rejected'
  | 'duplicate-source'
  | 'duplicate-ast'
  | 'duplicate-near'
  | 'earlier-source'
  | 'earlier-ast'
  | 'earlier-near'
  | 'contaminated'
  | 'duplicate-input'
  | 'over-keep'
  | 'function-dropped';
const FATES: readonly Fate[] = [
  'kept',
  'rejected',
  'duplicate-source',
  'duplicate-ast',
  'duplicate-near',
  'earlier-source',
  'earlier-ast',
  'earlier-near',
  'contaminated',
  'duplicate-input',
  'over-keep',
  'function-dropped',
];

const NONE = -1;

export class UniqueMerge {
  readonly #options: MergeOptions;
  /** A group is what counts as one function: its key is the tree's digest or the functionId. */
  readonly #groups = new DigestIndex();
  readonly #functionIds = new DigestIndex();
  readonly #inputIds = new DigestIndex();
  /** By function row: its group, for the rows that are near to it; NONE where it was rejected. */
  readonly #groupOfRow = new IntList();
  /** By group: the group that is kept for it, itself unless it is near to one before it. */
  readonly #owner = new IntList();
  /** By group: number of the first functionId, first and last kept input, count of kept inputs. */
  readonly #keeper = new IntList();
  readonly #firstInput = new IntList();
  readonly #lastInput = new IntList();
  readonly #inputCount = new IntList();
  /** By kept input: its inputId's number, the batch and ingest row that hold it, the next one of the group. */
  readonly #keptId = new IntList();
  readonly #keptBatch = new IntList();
  readonly #keptRow = new IntList();
  readonly #keptNext = new IntList();
  /** By function or input row in order: its fate, and the group (function) or input index (kept input). */
  readonly #fates = new IntList();
  readonly #refs = new IntList();
  readonly #batchStarts: number[] = [];
  /** Groups and ids of earlier sets have the first numbers. */
  #earlierGroups = 0;
  #earlierIds = 0;

  constructor(options: MergeOptions) {
    this.#options = options;
  }

  /** Functions of earlier sets come before all batches: what repeats one is a duplicate of it. */
  addEarlier({ function_id, ast_digest }: Pick<EarlierRow, 'function_id' | 'ast_digest'>): void {
    const place = this.#groupOfRow.push(NONE);
    const id = this.#functionIds.add(function_id);
    const key = this.#options.exact === 'ast' ? (ast_digest ?? function_id) : function_id;
    // Two of them may be one function: the first names both.
    const group = this.#groups.find(key) ?? this.#addGroup(key, { id, place });
    this.#groupOfRow.set(place, group);
    this.#earlierIds = Math.max(this.#earlierIds, id + 1);
    this.#earlierGroups = Math.max(this.#earlierGroups, group + 1);
  }

  /** Batches must come in canonical order, from 0. */
  addBatch(rows: readonly UnitRow[], contaminations: Contaminations = NO_CONTAMINATIONS): void {
    const batch = this.#batchStarts.length;
    this.#batchStarts.push(this.#fates.length);
    // Inputs follow their function: its group, or NONE where its inputs go down with it.
    let group = NONE;
    for (const [index, row] of rows.entries()) {
      if (row.unit === 'function') {
        group = contaminations.has(index) ? this.#addContaminated() : this.#addFunction(row);
      }
      if (row.unit === 'input') this.#addInput(row, { group, batch, index });
    }
  }

  /** The decisions on the rows of a batch, which must be the ones that were added. */
  *decisions(
    batch: number,
    rows: readonly UnitRow[],
    contaminations: Contaminations = NO_CONTAMINATIONS,
  ): Generator<UniqueRow> {
    let at = this.#batchStarts[batch] ?? 0;
    for (const [index, row] of rows.entries()) {
      if (row.unit === 'record') continue;
      const fate = FATES[this.#fates.at(at)];
      invariant(fate !== undefined, 'each unit has a fate');
      const contamination = contaminations.get(index);
      const found = { batch, index, fate, ref: this.#refs.at(at) };
      yield this.#decision(row, contamination === undefined ? found : { ...found, contamination });
      at += 1;
    }
  }

  /** It takes no part in what duplicates are: what is near to it alone is kept. */
  #addContaminated(): number {
    this.#groupOfRow.push(NONE);
    this.#fate('contaminated', NONE);
    return NONE;
  }

  /** Returns the group that takes its inputs, or NONE. */
  #addFunction(row: UnitRow): number {
    const place = this.#groupOfRow.push(NONE);
    if (row.outcome === 'rejected') return this.#fate('rejected', NONE);
    const key = this.#options.exact === 'ast' ? row.ast_digest : row.id;
    invariant(key !== null, 'a found function has a digest of its tree');
    const id = this.#functionIds.add(row.id);
    // An import of an earlier set is known by its id alone.
    const byId = id < this.#earlierIds ? this.#groups.find(row.id) : null;
    const known = this.#groups.find(key) ?? byId;
    const group = known ?? this.#addGroup(key, { id, place });
    this.#groupOfRow.set(place, group);
    const owner = this.#owner.at(group);
    if (group < this.#earlierGroups) {
      this.#fate(this.#keeper.at(group) === id ? 'earlier-source' : 'earlier-ast', group);
      return NONE;
    }
    if (owner !== group) {
      this.#fate(owner < this.#earlierGroups ? 'earlier-near' : 'duplicate-near', owner);
      return NONE;
    }
    if (known === null) return this.#fate('kept', group);
    if (this.#keeper.at(known) === id) return this.#fate('duplicate-source', known);
    this.#fate('duplicate-ast', known);
    return NONE;
  }

  #addGroup(key: string, first: { readonly id: number; readonly place: number }): number {
    const group = this.#groups.add(key);
    this.#firstInput.push(NONE);
    this.#lastInput.push(NONE);
    this.#inputCount.push(0);
    this.#keeper.push(first.id);
    this.#owner.push(group);
    const root = this.#options.near?.root(first.place) ?? first.place;
    if (root === first.place) return group;
    // The root is the first of the near duplicates, so it has its group by now, unless it was contaminated.
    const ofRoot = this.#groupOfRow.at(root);
    if (ofRoot !== NONE) this.#owner.set(group, this.#owner.at(ofRoot));
    else this.#groupOfRow.set(root, group);
    return group;
  }

  #addInput(row: UnitRow, at: { group: number; batch: number; index: number }): void {
    if (row.outcome === 'rejected') this.#fate('rejected', NONE);
    else if (at.group === NONE) this.#fate('function-dropped', NONE);
    else if (this.#isKept(at.group, this.#inputIds.find(row.id))) {
      this.#fate('duplicate-input', NONE);
    } else if (this.#inputCount.at(at.group) >= this.#options.keep) this.#fate('over-keep', NONE);
    else this.#keepInput(row, at);
  }

  #keepInput(row: UnitRow, at: { group: number; batch: number; index: number }): void {
    const { group } = at;
    const kept = this.#keptId.push(this.#inputIds.add(row.id));
    this.#keptBatch.push(at.batch);
    this.#keptRow.push(at.index);
    this.#keptNext.push(NONE);
    const last = this.#lastInput.at(group);
    if (last === NONE) this.#firstInput.set(group, kept);
    else this.#keptNext.set(last, kept);
    this.#lastInput.set(group, kept);
    const count = this.#inputCount.at(group);
    this.#inputCount.set(group, count + 1);
    this.#fate('kept', count);
  }

  /** Records a fate and returns its reference. */
  #fate(fate: Fate, ref: number): number {
    this.#fates.push(FATES.indexOf(fate));
    this.#refs.push(ref);
    return ref;
  }

  *#keptOf(group: number): Generator<number> {
    for (let kept = this.#firstInput.at(group); kept !== NONE; kept = this.#keptNext.at(kept)) {
      yield kept;
    }
  }

  #isKept(group: number, inputId: number | null): boolean {
    if (inputId === null) return false;
    for (const kept of this.#keptOf(group)) if (this.#keptId.at(kept) === inputId) return true;
    return false;
  }

  #decision(
    row: UnitRow,
    at: {
      batch: number;
      index: number;
      fate: Fate;
      ref: number;
      contamination?: Contamination;
    },
  ): UniqueRow {
    const { unit, id, parent_id, origin } = row;
    invariant(unit !== 'record' && parent_id !== null, 'a unit has a parent');
    const base = { batch_index: at.batch, ingest_row: at.index, unit, id, parent_id, origin };
    const none = { keeper_id: null, input_index: null, inputs: null };
    if (at.fate === 'kept' && unit === 'input') {
      return { ...base, ...none, decision: 'kept', reasons: [], input_index: at.ref };
    }
    if (at.fate === 'kept') return { ...base, ...none, ...this.#keptFunction(at.ref) };
    if (at.fate === 'rejected') {
      const decision = unit === 'function' ? 'rejected' : 'dropped';
      return { ...base, ...none, decision, reasons: row.reasons };
    }
    if (at.fate === 'contaminated') {
      const { reasons = [], item = null } = at.contamination ?? {};
      return { ...base, ...none, decision: 'contaminated', reasons, keeper_id: item };
    }
    const reasons: readonly Reason[] = [at.fate];
    if (unit === 'input') {
      const keeper_id = at.fate === 'duplicate-input' ? id : null;
      return { ...base, ...none, decision: 'dropped', reasons, keeper_id };
    }
    const keeper_id = this.#functionIds.digest(this.#keeper.at(at.ref));
    return { ...base, ...none, decision: 'duplicate', reasons, keeper_id };
  }

  #keptFunction(group: number): Pick<UniqueRow, 'decision' | 'reasons' | 'inputs'> {
    const places = [...this.#keptOf(group)].map((kept) => [
      this.#keptBatch.at(kept),
      this.#keptRow.at(kept),
    ]);
    const isBare = places.length === 0 && this.#options.synthesize !== true;
    const reasons: readonly Reason[] = isBare ? ['no-inputs'] : [];
    return { decision: 'kept', reasons, inputs: JSON.stringify(places) };
  }
}
