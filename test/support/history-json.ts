// Histories as readable JSON and back. Numbers of 64 bits become JSON numbers, which reach beyond any history; bytes
// become their text where they are UTF-8 (payloads are JSON), else base64. Hosts and stacks are left out.
interface LongLike {
  readonly low: number;
  readonly high: number;
  toNumber(): number;
}

/** Where it ran and how its code looked: a history tells what happened. */
const LEFT_OUT: ReadonlySet<string> = new Set(['identity', 'stackTrace', 'workerInstanceKey']);

function isLong(value: object): value is LongLike {
  return 'low' in value && 'high' in value && 'toNumber' in value;
}

function bytesToJson(bytes: Uint8Array): { $text: string } | { $base64: string } {
  const buffer = Buffer.from(bytes);
  const text = buffer.toString('utf8');
  return Buffer.from(text, 'utf8').equals(buffer)
    ? { $text: text }
    : { $base64: buffer.toString('base64') };
}

/** Process and host, as the name of a worker's own queue begins. */
const WORKER_NAME = /^\d+@\S+/;

function toPlain(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(WORKER_NAME, 'worker');
  if (value instanceof Uint8Array) return bytesToJson(value);
  if (Array.isArray(value)) return value.map(toPlain);
  if (value === null || typeof value !== 'object') return value;
  if (isLong(value)) return value.toNumber();
  const kept = Object.entries(value).filter(
    ([key, item]) => !LEFT_OUT.has(key) && item !== null && item !== undefined,
  );
  return Object.fromEntries(kept.map(([key, item]) => [key, toPlain(item)]));
}

function fromPlain(_key: string, value: unknown): unknown {
  if (value === null || typeof value !== 'object') return value;
  if ('$text' in value) return Buffer.from(String(value.$text), 'utf8');
  if ('$base64' in value) return Buffer.from(String(value.$base64), 'base64');
  return value;
}

export function historyToText(history: unknown): string {
  return `${JSON.stringify(toPlain(history), null, 1)}\n`;
}

/** In the form that Worker.runReplayHistory takes. */
export function historyFromText(text: string): unknown {
  return JSON.parse(text, fromPlain) as unknown;
}
