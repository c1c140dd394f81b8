// A harness without a container, behind the engine's stream: it reads requests, holds answers as PID 1 does, and is lost, or
// sends what no harness sends, where a test says so. A request is known by its source.
import { duplexPair } from 'node:stream';
import type { Duplex } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { FRAME } from '../../src/sandbox/frames.ts';
import type { Engine } from '../../src/sandbox/docker.ts';
import { RESULT_BYTES } from '../../src/sandbox/request.ts';

/** What becomes of a request: answered; or the sandbox is lost, with the answers it held,
 * after these bytes; or it sends these bytes instead. */
export type Deed =
  | { readonly kind: 'answer'; readonly unclean?: boolean }
  | { readonly kind: 'die'; readonly after?: Buffer }
  | { readonly kind: 'send'; readonly bytes: Buffer };

export interface Script {
  /** Called when the harness begins with a request. */
  begin(source: string): Deed;
  /** Bytes of the next piece in which an answer arrives; all at once by default. */
  pieceBytes?: () => number;
}

const HEADER_BYTES = 5;
const HEAD_BYTES = 104;
const HELD_MAX = 3;

export function frame(type: number, payload: Buffer): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt8(type, 0);
  header.writeUInt32LE(payload.length, 1);
  return Buffer.concat([header, payload]);
}

/** A whole answer: the source comes back as the stream. */
export function answerTo(source: string, unclean = false): Buffer {
  const stream = Buffer.from(source, 'utf8');
  const result = Buffer.alloc(RESULT_BYTES);
  result.writeUInt32LE(unclean ? 2 : 0, 16);
  result.writeBigUInt64LE(BigInt(stream.length), 40);
  return Buffer.concat([frame(FRAME.stream, stream), frame(FRAME.result, result)]);
}

function attached(part: Buffer): Buffer {
  const header = Buffer.alloc(8);
  header.writeUInt8(1, 0);
  header.writeUInt32BE(part.length, 4);
  return Buffer.concat([header, part]);
}

class ScriptedHarness {
  private readonly stream: Duplex;
  private readonly script: Script;
  private waiting = Buffer.alloc(0);
  private readonly outbox: Buffer[] = [];
  private isWorking = false;

  constructor(stream: Duplex, script: Script) {
    this.stream = stream;
    this.script = script;
    stream.on('error', () => undefined);
    stream.on('end', () => stream.end());
    stream.on('data', (chunk: Buffer) => {
      this.waiting = Buffer.concat([this.waiting, chunk]);
      if (!this.isWorking) void this.work();
    });
    const hello = { protocol: 1, variant: 'trace', environment: {}, limits: {} };
    this.outbox.push(frame(FRAME.hello, Buffer.from(JSON.stringify(hello))));
    this.flush();
  }

  private next(): string | null {
    if (this.waiting.length < HEADER_BYTES) return null;
    const end = HEADER_BYTES + this.waiting.readUInt32LE(1);
    if (this.waiting.length < end) return null;
    const request = this.waiting.subarray(HEADER_BYTES, end);
    this.waiting = this.waiting.subarray(end);
    const documentEnd = HEAD_BYTES + request.readUInt32LE(64);
    const text = request.subarray(HEAD_BYTES, documentEnd).toString('utf8');
    return (JSON.parse(text) as { source: string }).source;
  }

  private flush(): void {
    let bytes = Buffer.concat(this.outbox.splice(0));
    while (bytes.length > 0 && !this.stream.writableEnded) {
      const count = this.script.pieceBytes?.() ?? bytes.length;
      this.stream.write(attached(bytes.subarray(0, count)));
      bytes = bytes.subarray(count);
    }
  }

  private async work(): Promise<void> {
    this.isWorking = true;
    for (let source = this.next(); source !== null; source = this.next()) {
      const deed = this.script.begin(source);
      await turn();
      if (this.stream.writableEnded) return;
      if (deed.kind === 'die') {
        if (deed.after !== undefined) this.stream.write(attached(deed.after));
        this.stream.end();
        return;
      }
      const isUnclean = deed.kind === 'answer' && deed.unclean === true;
      this.outbox.push(deed.kind === 'send' ? deed.bytes : answerTo(source, isUnclean));
      const isHeld = this.outbox.length < HELD_MAX && this.waiting.length > 0 && !isUnclean;
      if (!isHeld) this.flush();
      if (isUnclean) {
        this.stream.end();
        return;
      }
    }
    this.isWorking = false;
  }
}

/** An engine whose containers are such harnesses. */
export function scriptedEngine(script: Script): Engine & { readonly started: () => number } {
  let started = 0;
  return {
    socketPath: '',
    ping: () => Promise.resolve(),
    requireImage: (reference) => Promise.resolve(reference),
    start: () => {
      started += 1;
      const [ours, theirs] = duplexPair();
      new ScriptedHarness(theirs, script);
      return Promise.resolve({ id: String(started).padStart(64, '0'), stream: ours });
    },
    remove: () => Promise.resolve(),
    list: () => Promise.resolve([]),
    started: () => started,
  };
}
