import { describe, expect, it } from 'vitest';
import type { UniqueRow } from '../../../src/contract/sealed-rows.ts';
import { sha256 } from '../../../src/identity/digest.ts';
import { UnionFind } from '../../../src/unique/union-find.ts';
import { UniqueMerge } from '../../../src/unique/merge.ts';
import type { MergeOptions, UnitRow } from '../../../src/unique/merge.ts';

const id = (name: string): string => sha256(name);
const fun = (name: string, tree = name): UnitRow => ({
  unit: 'function',
  id: id(name),
  parent_id: 'record',
  ast_digest: id(`tree ${tree}`),
  outcome: 'found',
  reasons: [],
  origin: null,
});
const input = (of: string, name: string): UnitRow => ({
  unit: 'input',
  id: id(name),
  parent_id: id(of),
  ast_digest: null,
  outcome: 'found',
  reasons: [],
  origin: 'doctest',
});
const RECORD: UnitRow = {
  unit: 'record',
  id: 'record',
  parent_id: null,
  ast_digest: null,
  outcome: 'parsed',
  reasons: [],
  origin: null,
};

function decide(options: MergeOptions, batches: readonly (readonly UnitRow[])[]): UniqueRow[] {
  const merge = new UniqueMerge(options);
  for (const rows of batches) merge.addBatch(rows);
  return batches.flatMap((rows, batch) => [...merge.decisions(batch, rows)]);
}

const told = (row: UniqueRow): string =>
  [row.unit, row.decision, ...row.reasons, row.input_index ?? ''].join(' ').trim();

const AST: MergeOptions = { exact: 'ast', keep: 2, near: null };

describe('the decision on functions and inputs', () => {
  it('keeps the first function of a tree and drops the inputs of the others', () => {
    const rows = decide(AST, [
      [RECORD, fun('f', 't'), input('f', '1'), fun('g', 't'), input('g', '2')],
    ]);
    expect(rows.map(told)).toEqual([
      'function kept',
      'input kept 0',
      'function duplicate duplicate-ast',
      'input dropped function-dropped',
    ]);
    expect(rows[2]?.keeper_id).toBe(id('f'));
    expect(rows.map((row) => row.origin)).toEqual([null, 'doctest', null, 'doctest']);
  });

  it('keeps functions of one tree apart where only the source counts', () => {
    const rows = decide({ exact: 'source', keep: 2, near: null }, [
      [fun('f', 't'), fun('g', 't'), fun('f', 't')],
    ]);
    expect(rows.map(told)).toEqual([
      'function kept no-inputs',
      'function kept no-inputs',
      'function duplicate duplicate-source',
    ]);
  });

  it('merges the inputs of equal functions over batches, up to the number kept', () => {
    const rows = decide(AST, [
      [RECORD, fun('f'), input('f', '1')],
      [RECORD, fun('f'), input('f', '1'), input('f', '2'), input('f', '3')],
    ]);
    expect(rows.map(told)).toEqual([
      'function kept',
      'input kept 0',
      'function duplicate duplicate-source',
      'input dropped duplicate-input',
      'input kept 1',
      'input dropped over-keep',
    ]);
    expect(rows[0]?.inputs).toBe('[[0,2],[1,3]]');
  });

  it('passes on what ingest rejected, with its reasons', () => {
    const rejected = { outcome: 'rejected', reasons: ['input-syntax-error'] } as const;
    const rows = decide(AST, [
      [fun('f'), { ...input('f', '1'), ...rejected }, { ...fun('g'), ...rejected }],
    ]);
    expect(rows.map(told)).toEqual([
      'function kept no-inputs',
      'input dropped input-syntax-error',
      'function rejected input-syntax-error',
    ]);
  });

  it('decides the same however the corpus is cut', () => {
    const rows = Array.from({ length: 300 }, (_, n): UnitRow[] => [
      RECORD,
      fun(`f${String((n * 7) % 40)}`, `t${String((n * 7) % 25)}`),
      input(`f${String((n * 7) % 40)}`, `i${String(n % 5)}`),
      input(`f${String((n * 7) % 40)}`, `i${String(n % 3)}`),
    ]);
    const cut = (size: number): string[] => {
      const batches = Array.from({ length: Math.ceil(rows.length / size) }, (_, batch) =>
        rows.slice(batch * size, (batch + 1) * size).flat(),
      );
      return decide(AST, batches).map((row) => `${told(row)} ${row.keeper_id ?? ''}`);
    };
    expect(cut(17)).toEqual(cut(300));
    expect(cut(1)).toEqual(cut(300));
  });
});

describe('near duplicates', () => {
  /** Groups of the function rows at these places. */
  const grouped = (count: number, ...pairs: readonly (readonly [number, number])[]) => {
    const near = new UnionFind(count);
    for (const [a, b] of pairs) near.join(a, b);
    return { exact: 'ast', keep: 2, near } as const;
  };

  it('keep the first of them, and drop the inputs of the others', () => {
    const rows = decide(grouped(3, [0, 2]), [
      [fun('f'), input('f', '1'), fun('g'), input('g', '2'), fun('h'), input('h', '3')],
    ]);
    expect(rows.map(told)).toEqual([
      'function kept',
      'input kept 0',
      'function kept',
      'input kept 0',
      'function duplicate duplicate-near',
      'input dropped function-dropped',
    ]);
    expect(rows[4]?.keeper_id).toBe(id('f'));
  });

  it('name a function that is kept, also where what they are near to is itself a duplicate', () => {
    // g has the tree of f, h is near to g; i is near to nothing, j has the tree of h, k is near to j.
    const rows = decide(grouped(6, [1, 2], [4, 5]), [
      [fun('f', 't'), fun('g', 't'), fun('h', 'u'), fun('i'), fun('j', 'u'), fun('k')],
    ]);
    expect(rows.map(({ decision, reasons }) => [decision, ...reasons].join(' '))).toEqual([
      'kept no-inputs',
      'duplicate duplicate-ast',
      'duplicate duplicate-near',
      'kept no-inputs',
      'duplicate duplicate-near',
      'duplicate duplicate-near',
    ]);
    const keepers = rows.filter((row) => row.decision === 'duplicate').map((row) => row.keeper_id);
    expect(new Set(keepers)).toEqual(new Set([id('f')]));
  });

  it('count rejected functions in their places', () => {
    const rejected: UnitRow = { ...fun('bad'), outcome: 'rejected', reasons: ['entry-missing'] };
    const rows = decide(grouped(3, [1, 2]), [[rejected, fun('f')], [fun('g')]]);
    expect(rows.map(({ decision }) => decision)).toEqual(['rejected', 'kept', 'duplicate']);
  });
});
