import { beforeAll, describe, expect, it } from 'vitest';
import type { LedgerRow } from '../../../src/contract/row.ts';
import { findRow, whyChain } from '../../../src/store/lookup.ts';
import { RECORDS } from '../../support/fake-corpus.ts';
import { runJob } from '../../support/fake-job.ts';
import { MemoryStore } from '../../support/memory-store.ts';

const SET = 'fake@v1';
const store = new MemoryStore();

beforeAll(async () => {
  await runJob({ store, records: RECORDS, batchSize: 3 });
});

const told = ({ unit, outcome, verdict, reasons }: LedgerRow): string =>
  [unit, outcome, verdict, ...reasons].filter((word) => word !== null).join(' ');

async function why(thing: string): Promise<string[]> {
  return (await whyChain(store, SET, thing)).links.map(told);
}

describe('why', () => {
  it('tells a rejected record', async () => {
    expect(await why('fake.jsonl:2')).toEqual(['record rejected not-json']);
  });

  it('tells a record with all that came of it', async () => {
    expect(await why('fake.jsonl:1')).toEqual([
      'record parsed',
      'function kept',
      'input kept',
      'input kept',
      'input dropped duplicate-input',
      'input kept',
      'input dropped over-keep',
      'invocation returned accepted',
      'invocation returned accepted',
      'invocation returned accepted',
    ]);
  });

  it('tells a duplicate function and the one that was kept', async () => {
    const { links } = await whyChain(store, SET, 'fake.jsonl::h');
    expect(links.map(told)).toEqual([
      'record parsed',
      'function dropped duplicate-ast',
      'input dropped function-dropped',
    ]);
    const keeper = links[1]?.keeper_id ?? '';
    expect(await why(keeper)).toContain('function kept');
  });

  it('tells a function without inputs', async () => {
    expect(await why('fake.jsonl::quiet')).toEqual(['record parsed', 'function kept no-inputs']);
  });

  it('tells both records of a function that stands twice', async () => {
    expect(await why('fake.jsonl::merged')).toEqual([
      'record parsed',
      'record parsed',
      'function kept',
      'function dropped duplicate-source',
      'input kept',
      'input dropped duplicate-input',
      'input kept',
      'invocation returned accepted',
      'invocation returned accepted',
    ]);
  });

  it('tells one input of a function by its index', async () => {
    expect(await why('fake.jsonl::odd#0')).toEqual([
      'record parsed',
      'function kept',
      'input kept',
      'invocation returned rejected nondeterministic',
    ]);
    expect(await why('fake.jsonl::odd#1')).toContain('invocation faulted sandbox-died');
    expect(await why('fake.jsonl::twice#1')).toContain(
      'invocation returned duplicate duplicate-trace',
    );
    await expect(why('fake.jsonl::odd#3')).rejects.toMatchObject({ code: 'row-not-found' });
  });

  it('takes prefixes of ids', async () => {
    const { links } = await whyChain(store, SET, 'fake.jsonl::odd#2');
    for (const link of links.filter(({ unit }) => unit !== 'record')) {
      const id = link.unit === 'input' ? (link.id.split('/')[1] ?? '') : link.id;
      expect((await whyChain(store, SET, id.slice(0, 16))).links).toContainEqual(link);
    }
  });

  it('says that nothing has this name', async () => {
    for (const thing of ['fake.jsonl:99', 'fake.jsonl::nobody', '0123456789abcdef']) {
      await expect(why(thing)).rejects.toMatchObject({ code: 'row-not-found' });
    }
  });
});

it('an id of too few digits is told to be too short', async () => {
  await expect(why('abc')).rejects.toThrow(/too short for an id; give at least 4/);
});

describe('finding a row', () => {
  it('reads the row of an input, of a function and of an id', async () => {
    const found = await findRow(store, SET, 'fake.jsonl::odd#0');
    expect(found).toMatchObject({
      file: 'rejected/train-00000-of-00001.parquet',
      row: { call: 'odd(random)', reasons: ['nondeterministic'] },
    });
    expect((await findRow(store, SET, found.row.id.slice(0, 12))).row).toEqual(found.row);
    expect((await findRow(store, SET, 'fake.jsonl:1')).row.call).toBe('f(1)');
  });

  it('picks an accepted row where nothing is named', async () => {
    const { file, row } = await findRow(store, SET, null);
    expect(file).toMatch(/^traces\//);
    expect(row.outcome).toBe('returned');
  });

  it('says why there is no row', async () => {
    await expect(findRow(store, SET, 'fake.jsonl::odd#1')).rejects.toThrow(/sandbox-died/);
    await expect(findRow(store, SET, 'fake.jsonl::quiet')).rejects.toThrow(/no-inputs/);
  });
});
