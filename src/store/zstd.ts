// The one zstd of every data object: a pinned WebAssembly build, since other builds give other bytes.
import { compress, decompress, init } from '@bokuweb/zstd-wasm';
import { AppError } from '../errors.ts';

/** Part of the data format: another level gives other bytes. Named in the manifest. */
export const ZSTD_LEVEL = 3;
export const ZSTD_BUILD = '@bokuweb/zstd-wasm 0.0.27';

// Compressing holds input and bound in WebAssembly memory (4 GiB in all); a page is one value or about 1 MiB.
const INPUT_BYTES_MAX = 1024 * 1024 * 1024;

await init();

/** Throws AppError `internal` above 1 GiB. */
export function zstdCompress(bytes: Uint8Array): Uint8Array {
  if (bytes.length > INPUT_BYTES_MAX) {
    throw new AppError(
      'internal',
      `a page of ${String(bytes.length)} bytes is too large to compress`,
    );
  }
  return compress(bytes, ZSTD_LEVEL);
}

/** `length` is what the container says comes out; throws AppError `object-damaged` where anything else would. */
export function zstdDecompress(bytes: Uint8Array, length: number): Uint8Array {
  if (length > INPUT_BYTES_MAX || frameContentBytes(bytes) !== length) {
    throw new AppError('object-damaged', 'a zstd frame names another length than its page');
  }
  const out = decompress(bytes);
  if (out.length !== length) {
    throw new AppError('object-damaged', 'a zstd frame holds another length than its page');
  }
  return out;
}

/** Reads the frame header (RFC 8878 §3.1.1), so that nothing is allocated on the word of damaged bytes. */
function frameContentBytes(bytes: Uint8Array): number | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 6 || view.getUint32(0, true) !== 0xfd2fb528) return null;
  const descriptor = view.getUint8(4);
  const single = (descriptor & 0x20) !== 0;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3] ?? 0;
  const at = 5 + (single ? 0 : 1) + dictionaryBytes;
  const kind = descriptor >> 6;
  const size = kind === 0 ? (single ? 1 : 0) : 1 << kind;
  if (size === 0 || at + size > bytes.length) return null;
  if (size === 1) return view.getUint8(at);
  if (size === 2) return view.getUint16(at, true) + 256;
  if (size === 4) return view.getUint32(at, true);
  return Number(view.getBigUint64(at, true));
}
