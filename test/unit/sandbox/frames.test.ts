import { describe, expect, test } from 'vitest';
import { AttachParser, FRAME, FRAME_BYTES_MAX, FrameParser } from '../../../src/sandbox/frames.ts';
import type { Frame } from '../../../src/sandbox/frames.ts';

function frame(type: number, payload: Buffer, length = payload.length): Buffer {
  const header = Buffer.alloc(5);
  header.writeUInt8(type, 0);
  header.writeUInt32LE(length, 1);
  return Buffer.concat([header, payload]);
}

function attached(stream: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt8(stream, 0);
  header.writeUInt32BE(payload.length, 4);
  return Buffer.concat([header, payload]);
}

function framesOf(bytes: Buffer, chunkBytes: number): Frame[] {
  const parser = new FrameParser();
  const frames: Frame[] = [];
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    parser.push(bytes.subarray(at, at + chunkBytes), (found) => frames.push(found));
  }
  return frames;
}

const SOME = [
  frame(FRAME.stream, Buffer.from('first')),
  frame(FRAME.out, Buffer.alloc(FRAME_BYTES_MAX, 7)),
  frame(FRAME.result, Buffer.from([0])),
];

describe('frames', () => {
  test.each([1, 2, 5, 6, 4096, 1_000_000])('are the same in chunks of %d bytes', (chunkBytes) => {
    const frames = framesOf(Buffer.concat(SOME), chunkBytes);
    expect(frames.map(({ type, payload }) => [type, payload.length])).toEqual([
      [FRAME.stream, 5],
      [FRAME.out, FRAME_BYTES_MAX],
      [FRAME.result, 1],
    ]);
    expect(frames[0]?.payload.toString()).toBe('first');
  });

  test('keep their bytes when the next ones arrive', () => {
    const frames = framesOf(
      Buffer.concat([frame(FRAME.out, Buffer.from('aaa')), frame(FRAME.out, Buffer.from('bbb'))]),
      4,
    );
    expect(frames.map(({ payload }) => payload.toString())).toEqual(['aaa', 'bbb']);
  });

  test.each([
    ['an unknown type', frame(3, Buffer.from('x'))],
    ['a request', frame(FRAME.request, Buffer.from('x'))],
    ['nothing', frame(FRAME.out, Buffer.alloc(0))],
    ['two gigabytes', frame(FRAME.out, Buffer.alloc(0), 0x7fffffff)],
    ['one byte too many', frame(FRAME.out, Buffer.alloc(0), FRAME_BYTES_MAX + 1)],
  ])('of %s are a violation before a byte of them is kept', (_, bytes) => {
    expect(() => framesOf(bytes, 3)).toThrow(
      expect.objectContaining({ code: 'wire-violation', retryable: true }),
    );
  });

  test('that are cut short wait for the rest', () => {
    expect(framesOf(frame(FRAME.out, Buffer.from('abc'), 4), 2)).toEqual([]);
  });
});

describe('the attached stream', () => {
  function split(bytes: Buffer, chunkBytes: number): { out: string; err: string } {
    const parser = new AttachParser();
    const found = { out: '', err: '' };
    for (let at = 0; at < bytes.length; at += chunkBytes) {
      parser.push(bytes.subarray(at, at + chunkBytes), {
        stdout: (part) => (found.out += part.toString('latin1')),
        stderr: (part) => (found.err += part.toString('latin1')),
      });
    }
    return found;
  }

  test.each([1, 3, 8, 9, 1000])('is split into its two in chunks of %d bytes', (chunkBytes) => {
    const bytes = Buffer.concat([
      attached(1, Buffer.from('one ')),
      attached(2, Buffer.from('oops')),
      attached(1, Buffer.alloc(0)),
      attached(1, Buffer.from('two')),
    ]);
    expect(split(bytes, chunkBytes)).toEqual({ out: 'one two', err: 'oops' });
  });

  test('of ten thousand frames of one byte is read without recursion', () => {
    const bytes = Buffer.concat(
      Array.from({ length: 10_000 }, () => attached(1, Buffer.from('x'))),
    );
    expect(split(bytes, bytes.length).out).toHaveLength(10_000);
  });

  test('that is not Docker’s is a violation', () => {
    expect(() => split(Buffer.from('no such header'), 5)).toThrow(
      expect.objectContaining({ code: 'wire-violation' }),
    );
  });
});
