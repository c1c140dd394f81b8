// Lines of a corpus object and its cut into batches.
import { expect, test } from 'vitest';
import { corpusKey } from '../../../src/core/keys.ts';
import {
  LINE_BYTES_MAX,
  LineScanner,
  cutCorpus,
  digestOfRange,
  linesOf,
} from '../../../src/corpus/lines.ts';
import { cut } from '../../../src/corpus/records.ts';
import { sha256 } from '../../../src/identity/digest.ts';
import { MemoryStore } from '../../support/memory-store.ts';
import { rejectedBy } from '../../support/thrown.ts';

async function stored(body: Uint8Array): Promise<{ store: MemoryStore; digest: string }> {
  const store = new MemoryStore();
  const digest = sha256(body);
  await store.putIfAbsent(corpusKey(digest), body);
  return { store, digest };
}

const text = (bytes: Uint8Array | null): string | null =>
  bytes === null ? null : Buffer.from(bytes).toString();

test('lines are the same however the object arrives', () => {
  const object = Buffer.from('a\n\n  \r\nbc\nd');
  for (let size = 1; size <= object.length; size += 1) {
    const scanner = new LineScanner();
    const lines = [];
    for (let at = 0; at < object.length; at += size) {
      lines.push(...scanner.feed(object.subarray(at, at + size)));
    }
    lines.push(...scanner.end());
    const seen = lines.map(({ index, fromByte, toByte, bytes }) => [
      index,
      fromByte,
      toByte,
      text(bytes),
    ]);
    expect(seen).toEqual([
      [0, 0, 2, 'a'],
      [3, 7, 10, 'bc'],
      [4, 10, 11, 'd'],
    ]);
  }
});

test('ranges of every batch size hold every record once, in order', async () => {
  const lines = Array.from({ length: 23 }, (_, index) =>
    index % 5 === 3 ? '' : `{"n":${String(index)}}`,
  );
  const body = Buffer.from(lines.join('\n'));
  const { store, digest } = await stored(body);
  const whole = [...linesOf(body, 0)].map(({ index, bytes }) => [index, text(bytes)]);
  for (const batchSize of [1, 2, 7, 17, 250]) {
    const ranges = await cut(store, { kind: 'jsonl', digest }, batchSize);
    const pieces = ranges.flatMap(({ fromByte, toByte, firstRecord, records }) => {
      const found = [...linesOf(body.subarray(fromByte, toByte), firstRecord)];
      expect(found).toHaveLength(records);
      expect(records).toBeLessThanOrEqual(batchSize);
      return found.map(({ index, bytes }) => [index, text(bytes)]);
    });
    expect(pieces).toEqual(whole);
  }
});

test('a range in which one bit is another one is not the range that was planned', async () => {
  const body = Buffer.from('{"n":1}\n\n{"n":2}\n{"n":3}\n');
  const { store, digest } = await stored(body);
  for (const { fromByte, toByte, firstRecord, digest: planned } of await cut(
    store,
    { kind: 'jsonl', digest },
    2,
  )) {
    const range = Buffer.from(body.subarray(fromByte, toByte));
    expect(digestOfRange(range, firstRecord)).toBe(planned);
    range.writeUInt8(range.readUInt8(1) ^ 1, 1);
    expect(digestOfRange(range, firstRecord)).not.toBe(planned);
  }
});

test('files with many functions make smaller batches', async () => {
  const file = (functions: number): string =>
    `${JSON.stringify({ path: 'a.py', text: 'def f():\n    pass\n'.repeat(functions) })}\n`;
  const { store, digest } = await stored(Buffer.from(file(3) + file(3) + file(9) + file(1)));
  const ranges = await cut(store, { kind: 'files', digest }, 7);
  expect(ranges.map(({ records }) => records)).toEqual([2, 1, 1]);
});

test('a line that is too long ends its batch and is not read whole', async () => {
  const long = Buffer.alloc(LINE_BYTES_MAX + 100, 'x');
  const body = Buffer.concat([Buffer.from('{}\n'), long, Buffer.from('\n{}\n')]);
  const { store, digest } = await stored(body);
  const ranges = await cutCorpus(store, { digest }, { batchSize: 250, weigh: () => 1 });
  expect(ranges).toMatchObject([
    { fromByte: 0, toByte: 3 + LINE_BYTES_MAX + 1, firstRecord: 0, records: 2 },
    { fromByte: 3 + long.length + 1, toByte: body.length, firstRecord: 2, records: 1 },
  ]);
  const [first] = ranges;
  const lines = [...linesOf(body.subarray(first?.fromByte, first?.toByte), 0)];
  expect(lines.map(({ bytes }) => text(bytes))).toEqual(['{}', null]);
});

test('an object that is not what its name says is damaged', async () => {
  const store = new MemoryStore();
  const digest = sha256('other');
  await store.putIfAbsent(corpusKey(digest), Buffer.from('{}\n'));
  const error = await rejectedBy(cut(store, { kind: 'jsonl', digest }, 10));
  expect(error).toMatchObject({ code: 'object-damaged' });
});

test('an object that is not there is missing', async () => {
  const error = await rejectedBy(cut(new MemoryStore(), { kind: 'jsonl', digest: sha256('') }, 10));
  expect(error).toMatchObject({ code: 'object-missing' });
});
