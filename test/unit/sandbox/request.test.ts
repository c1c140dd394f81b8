import { describe, expect, test } from 'vitest';
import { DEFAULT_LIMITS } from '../../../src/contract/limits.ts';
import {
  COMMAND,
  REQUEST_BYTES_MAX,
  childLimits,
  decodeResult,
  encodeRequest,
} from '../../../src/sandbox/request.ts';
import type { ChildRequest } from '../../../src/sandbox/request.ts';

const REQUEST: ChildRequest = {
  command: COMMAND.confirm,
  limits: childLimits({ ...DEFAULT_LIMITS, fuel: 7, wallMs: 1000 }, 20),
  seed: 'seed',
  stdin: 'in\n',
  document: { source: 'é' },
};

function result(
  fields: Partial<Record<'exit' | 'signal' | 'marker' | 'killer' | 'flags', number>>,
) {
  const payload = Buffer.alloc(64);
  payload.writeInt32LE(fields.exit ?? -1, 0);
  payload.writeInt32LE(fields.signal ?? 0, 4);
  payload.writeUInt32LE(fields.marker ?? 0, 8);
  payload.writeUInt32LE(fields.killer ?? 0, 12);
  payload.writeUInt32LE(fields.flags ?? 0, 16);
  payload.writeBigUInt64LE(123n, 24);
  return payload;
}

describe('a request', () => {
  test('has its numbers at the places that docs/sandbox.md gives', () => {
    const frame = encodeRequest(REQUEST);
    const head = frame.subarray(5);
    const document = Buffer.from('{"source":"é"}');
    expect(frame.readUInt32LE(1)).toBe(frame.length - 5);
    expect(head.subarray(0, 4).toString()).toBe('TMR1');
    expect(head.readUInt32LE(4)).toBe(2);
    expect(head.readBigUInt64LE(8)).toBe(7n);
    expect(head.readUInt32LE(52)).toBe(20_000);
    expect(head.readUInt32LE(56)).toBe(1_000);
    expect(head.readUInt32LE(60)).toBe(3);
    expect(head.readUInt32LE(64)).toBe(document.length);
    expect(head.subarray(104).toString()).toBe(`${document.toString()}in\n`);
  });

  test('that is larger than a sandbox takes is refused', () => {
    expect(() => encodeRequest({ ...REQUEST, stdin: 'x'.repeat(REQUEST_BYTES_MAX) })).toThrow(
      expect.objectContaining({ code: 'internal' }),
    );
  });
});

const beyond = result({});
beyond.writeBigUInt64LE(2n ** 53n, 24);

describe('a result', () => {
  test('names signal, marker, back-stop and what was touched', () => {
    const { exit, unclean } = decodeResult(
      result({ signal: 11, marker: 2, killer: 2, flags: 1 | 2 | (1 << 8) | (1 << 13) }),
    );
    expect(exit).toMatchObject({
      exitCode: null,
      signal: 'SIGSEGV',
      marker: 'fuel',
      killedBy: 'wall',
      fuelSpent: 123,
      starved: true,
      touched: ['touches-clock', 'threads'],
    });
    expect(unclean).toBe(true);
  });

  test('of a plain exit has a code and no signal', () => {
    expect(decodeResult(result({ exit: 3 })).exit).toMatchObject({
      exitCode: 3,
      signal: null,
      marker: null,
      killedBy: null,
      starved: false,
    });
  });

  test.each([
    ['another length', Buffer.alloc(63)],
    ['an unknown marker', result({ marker: 9 })],
    ['an unknown back-stop', result({ killer: 4 })],
    ['more fuel than a number holds', beyond],
  ])('with %s is a violation', (_, payload) => {
    expect(() => decodeResult(payload)).toThrow(
      expect.objectContaining({ code: 'wire-violation' }),
    );
  });
});
