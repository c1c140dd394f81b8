// What makes an example and a step of a trace one of a kind: the leading 96 bits of digests, as 16 characters of Base64.
import { createHash } from 'node:crypto';
import { asId } from '../contract/ids.ts';
import type { Digest } from '../contract/ids.ts';
import { digestOf } from './digest.ts';

const KEY_BYTES = 12;
/** Characters of a key. */
export const KEY_LENGTH = 16;
const STATE_BYTES = 8;
const NEXT_BYTES = 4;

function hashed(...texts: readonly string[]): Buffer {
  const hash = createHash('sha256');
  for (const text of texts) {
    hash.update(text, 'utf8');
    hash.update('\0');
  }
  return hash.digest();
}

/** Equal for two examples of a format that are given the same: of a pair the source, the state and N. */
export function exampleKey(format: string, given: string): string {
  return hashed(format, given).toString('base64').slice(0, KEY_LENGTH);
}

/** Of a row of `text`. */
export function exampleId(of: {
  readonly format: string;
  readonly traceId: string;
  readonly stepFrom: number;
  readonly stepTo: number;
}): Digest {
  const { format, traceId, stepFrom, stepTo } = of;
  return asId<Digest>(digestOf('text', [format, traceId, String(stepFrom), String(stepTo)]));
}

/** 16 hexadecimal digits: functions of one text share it. */
export function sourceKey(source: string): string {
  return hashed(source).toString('hex').slice(0, 16);
}

export interface StepKeys {
  /** 8 bytes, as Base64 without padding. */
  readonly state: string;
  /** 4 bytes of the state that follows. */
  readonly next: number;
}

export function stateHash(text: string): Buffer {
  return hashed(text);
}

export function stepKey(state: Buffer, next: Buffer): StepKeys {
  return {
    state: state.toString('base64', 0, STATE_BYTES),
    next: next.readUInt32LE(0),
  };
}

/** Keys of steps behind each other: 12 bytes each. */
export function packedSteps(steps: ReadonlyMap<string, number>): string {
  const bytes = Buffer.alloc(steps.size * KEY_BYTES);
  let at = 0;
  for (const [state, next] of steps) {
    bytes.write(state, at, STATE_BYTES, 'base64');
    bytes.writeUInt32LE(next, at + STATE_BYTES);
    at += STATE_BYTES + NEXT_BYTES;
  }
  return bytes.toString('base64');
}

/** Three little-endian words for each key of a list of them. */
export function unpackedKeys(packed: string): Uint32Array {
  const bytes = Buffer.from(packed, 'base64');
  return Uint32Array.from({ length: bytes.length / 4 }, (_, word) => bytes.readUInt32LE(word * 4));
}
