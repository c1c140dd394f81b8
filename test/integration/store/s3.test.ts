import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ensureDataServices } from '../../../infra/dev/services.ts';
import type { Services } from '../../../src/config/services.ts';
import { sha256 } from '../../../src/identity/digest.ts';
import { blockDigestsOf } from '../../../src/store/block-digests.ts';
import { S3Store } from '../../../src/store/s3.ts';
import type { S3Options } from '../../../src/store/s3.ts';
import { sealObject } from '../../../src/store/seal.ts';
import { startFaultProxy } from '../../support/fault-proxy.ts';
import type { Fault, FaultProxy, FaultRule } from '../../support/fault-proxy.ts';
import { testConfig, testLog } from '../../support/services.ts';

/** For a server that is silent on purpose: elsewhere the waits are those of the product, since a busy machine is slow too. */
const HASTY = { waits: { connectMs: 30_000, silentMs: 1_000, tryMs: 2_000 } };
const BUCKET = `store-${randomUUID()}`;
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

let s3: Services['s3'];
let store: S3Store;

function open(overrides: Partial<S3Options> = {}): S3Store {
  return new S3Store({ ...s3, bucket: BUCKET, ...overrides });
}

beforeAll(async () => {
  ({ s3 } = await ensureDataServices(testConfig(), testLog()));
  store = open();
  await store.ensureBucket();
});

afterAll(() => {
  store[Symbol.dispose]();
});

describe('the store on S3', () => {
  it('gives back what was put, whole and in ranges', async () => {
    const body = bytes('0123456789');
    expect(await store.putIfAbsent('a/one', body)).toEqual({ kind: 'created' });
    expect(await store.get('a/one')).toEqual(body);
    expect(await store.getRange('a/one', 2, 5)).toEqual(bytes('234'));
    expect(await store.getRange('a/one', 5, 5)).toEqual(bytes(''));
    expect(await store.head('a/one')).toEqual({
      bytes: 10,
      digest: sha256(body),
      blocks: null,
    });
    expect(await store.head('a/none')).toBeNull();
    await expect(store.get('a/none')).rejects.toMatchObject({ code: 'object-missing' });
    await store.delete('a/one');
    expect(await store.head('a/one')).toBeNull();
  });

  it('puts a stream of known digest that is never held whole, once, and none that is something else', async () => {
    const pieces = Array.from({ length: 40 }, (_, i) => Buffer.alloc(256 * 1024, i));
    const whole = Buffer.concat(pieces);
    const body = {
      bytes: whole.length,
      digest: sha256(whole),
      async *open() {
        for (const piece of pieces) yield await Promise.resolve(piece);
      },
    };
    expect(await store.putStreamIfAbsent('stream/one', body)).toEqual({ kind: 'created' });
    expect(sha256(await store.get('stream/one'))).toBe(body.digest);
    expect(await store.head('stream/one')).toMatchObject({
      bytes: whole.length,
      digest: body.digest,
    });
    expect(await store.putStreamIfAbsent('stream/one', body)).toEqual({
      kind: 'present',
      digest: body.digest,
    });
    const shorter = { ...body, bytes: whole.length + 1 };
    const changed = { ...body, digest: sha256('other') };
    // The server waits for the rest of the first one.
    using hasty = open(HASTY);
    for (const wrong of [shorter, changed]) {
      await expect(hasty.putStreamIfAbsent('stream/two', wrong)).rejects.toMatchObject({
        code: 'object-damaged',
      });
      expect(await store.head('stream/two')).toBeNull();
    }
  });

  it('makes its bucket once', async () => {
    await store.ensureBucket();
    await store.ensureBucket();
  });

  it('never writes over an object and tells whose bytes are there', async () => {
    await store.putIfAbsent('b/one', bytes('first'));
    expect(await store.putIfAbsent('b/one', bytes('second'))).toEqual({
      kind: 'present',
      digest: sha256('first'),
    });
    await sealObject(store, 'b/one', bytes('first'));
    await expect(sealObject(store, 'b/one', bytes('second'))).rejects.toMatchObject({
      code: 'shard-conflict',
    });
    expect(await store.get('b/one')).toEqual(bytes('first'));
  });

  it('lets exactly one of many writers create an object', async () => {
    for (const round of [1, 2, 3]) {
      const puts = Array.from({ length: 32 }, (_, writer) =>
        store.putIfAbsent(`c/${String(round)}`, bytes(`writer ${String(writer)}`)),
      );
      const results = await Promise.all(puts);
      expect(results.filter((result) => result.kind === 'created')).toHaveLength(1);
    }
  });

  it('lists more than a page of keys in order', async () => {
    const keys = Array.from({ length: 1_010 }, (_, index) => `d/${String(index).padStart(5, '0')}`);
    const shuffled = [...keys].reverse();
    while (shuffled.length > 0) {
      await Promise.all(shuffled.splice(0, 50).map((key) => store.putIfAbsent(key, bytes('x'))));
    }
    const listed: string[] = [];
    for await (const { key } of store.list('d/')) listed.push(key);
    expect(listed).toEqual(keys);
  });

  it('notices a byte that changed on the disk of the server', async () => {
    await store.putIfAbsent('e/one', bytes('precious'));
    const path = join(s3.folder ?? '', BUCKET, 'e/one');
    const body = await readFile(path);
    body[3] = (body[3] ?? 0) ^ 1;
    await writeFile(path, body);
    await expect(store.get('e/one')).rejects.toMatchObject({
      code: 'object-damaged',
      context: { key: 'e/one' },
    });
  });
});

it('keeps the digests of the blocks of a large object, and tells them with its head', async () => {
  const body = new Uint8Array(9 * 1024 * 1024).fill(3);
  await store.putIfAbsent('e/large', body);
  expect((await store.head('e/large'))?.blocks).toEqual(blockDigestsOf(body));
});

describe('a store behind a bad network', () => {
  async function withFault<T>(
    rule: FaultRule,
    work: (store: S3Store, proxy: FaultProxy) => Promise<T>,
  ): Promise<T> {
    await using proxy = await startFaultProxy(s3.endpoint, [rule]);
    const { endpoint } = proxy;
    using through = open(rule.fault.kind === 'hang' ? { endpoint, ...HASTY } : { endpoint });
    return await work(through, proxy);
  }
  const first = (method: 'PUT' | 'GET', fault: Fault): FaultRule => ({
    when: (request) => request.method === method,
    times: 1,
    fault,
  });
  const always = (fault: Fault): FaultRule => ({ when: () => true, times: Infinity, fault });
  const answer = (status: number, code = 'Refused'): Fault => ({ kind: 'answer', status, code });

  it('knows its own object again when the answer to the write was lost', async () => {
    await withFault(first('PUT', { kind: 'lose-answer' }), async (through, proxy) => {
      expect(await through.putIfAbsent('f/lost', bytes('mine'))).toEqual({ kind: 'created' });
      expect(proxy.seen.filter(({ method }) => method === 'PUT')).toHaveLength(2);
    });
    expect(await store.get('f/lost')).toEqual(bytes('mine'));
  });

  it('takes nobody else’s object for its own, even with equal bytes', async () => {
    await store.putIfAbsent('f/other', bytes('same'));
    await withFault(first('PUT', { kind: 'lose-answer' }), async (through) => {
      expect(await through.putIfAbsent('f/other', bytes('same'))).toEqual({
        kind: 'present',
        digest: sha256('same'),
      });
    });
  });

  it.each<[string, Fault]>([
    ...[409, 429, 500, 503].map((status): [string, Fault] => [String(status), answer(status)]),
    ['a reset', { kind: 'lose-request' }],
    ['a reset in the middle of the body', { kind: 'cut-request' }],
    ['silence', { kind: 'hang' }],
    ['a bit that was flipped on the way', { kind: 'flip-request' }],
    ['a refusal of what came too slowly', answer(400, 'RequestTimeout')],
    ['a refusal of what it has written itself', { kind: 'taken-by-itself' }],
  ])('tries again after %s and writes once', async (name, fault) => {
    const key = `g/${name.replaceAll(' ', '-')}`;
    await withFault(first('PUT', fault), async (through) => {
      expect(await through.putIfAbsent(key, bytes('once'))).toEqual({ kind: 'created' });
    });
    expect(await store.get(key)).toEqual(bytes('once'));
  });

  it.each(['cut-answer', 'flip-answer'] as const)('reads again after %s', async (kind) => {
    const key = `h/${kind}`;
    await store.putIfAbsent(key, bytes('a whole body'));
    await withFault(first('GET', { kind }), async (through) => {
      expect(await through.get(key)).toEqual(bytes('a whole body'));
    });
  });

  it('gives up after five tries with a fault that Temporal may retry', async () => {
    await withFault(always(answer(503, 'SlowDown')), async (through, proxy) => {
      await expect(through.get('h/body')).rejects.toMatchObject({
        code: 'store-unreachable',
        retryable: true,
      });
      expect(proxy.seen).toHaveLength(5);
    });
  });

  it('ends a request that hangs', async () => {
    await withFault(always({ kind: 'hang' }), async (through) => {
      await expect(through.head('h/body')).rejects.toMatchObject({
        code: 'store-timeout',
        retryable: true,
      });
    });
  });
});

describe('a store that is not there or not ours', () => {
  it('says that nothing answers', async () => {
    using down = open({ endpoint: 'http://127.0.0.1:9' });
    const get = down.get('x');
    await expect(get).rejects.toMatchObject({ code: 'store-unreachable' });
    await expect(get).rejects.toThrow('http://127.0.0.1:9 cannot be reached (ECONNREFUSED)');
  });

  it('says that the secret is wrong', async () => {
    using denied = open({ secretAccessKey: 'wrong' });
    await expect(denied.get('x')).rejects.toMatchObject({ code: 'store-denied', retryable: false });
    await expect(denied.putIfAbsent('x', bytes('x'))).rejects.toMatchObject({
      code: 'store-denied',
    });
  });

  it('says that there is no such bucket', async () => {
    using other = open({ bucket: `none-${randomUUID()}` });
    const put = other.putIfAbsent('x', bytes('x'));
    await expect(put).rejects.toMatchObject({ code: 'store-denied' });
    await expect(put).rejects.toThrow('does not exist');
  });
});
