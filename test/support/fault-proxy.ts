// An HTTP proxy in front of a real S3 server that does to chosen requests what networks, servers and other writers do.
// What is not chosen passes byte for byte, headers in their order and case, so that the server checks the client's own
// signature; a fault can also stop the world around a request, which is how tests kill a worker at a named point.
import { createServer, request } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { listenLocally } from './local-server.ts';

export interface SeenRequest {
  readonly method: string;
  /** Without the bucket; of a list, its prefix. */
  readonly key: string;
  readonly isList: boolean;
  /** By the clock of who sent it, in milliseconds since the epoch. */
  readonly signedAtMs: number;
}

/** What a hook wants to become of its request or answer. */
export type Then = 'pass' | 'drop';

export type Fault =
  /** The server sees nothing of it. */
  | { readonly kind: 'answer'; readonly status: number; readonly code: string }
  /** The connection is reset before the server sees anything. */
  | { readonly kind: 'lose-request' }
  /** The server does it; the client never hears of it. */
  | { readonly kind: 'lose-answer' }
  /** Half of the request's body arrives, then both connections are reset. */
  | { readonly kind: 'cut-request' }
  | { readonly kind: 'cut-answer' }
  /** Nothing ever comes back. */
  | { readonly kind: 'hang' }
  | { readonly kind: 'slow'; readonly bytesPerSecond: number }
  /** One bit of the body is another one when it arrives. */
  | { readonly kind: 'flip-request' }
  | { readonly kind: 'flip-answer' }
  /** The server does it, then says that the object was there: what a repeated request meets after a lost answer. */
  | { readonly kind: 'taken-by-itself' }
  /** Awaited before the server sees the request. */
  | { readonly kind: 'before'; readonly run: () => Promise<Then> }
  /** Awaited after the server has done it, before the client hears of it. */
  | { readonly kind: 'after'; readonly run: () => Promise<Then> };

export interface FaultRule {
  readonly when: (request: SeenRequest) => boolean;
  /** Requests that it applies to, from the first that it matches. */
  readonly times: number;
  readonly fault: Fault;
}

export interface FaultProxy extends AsyncDisposable {
  readonly endpoint: string;
  readonly seen: readonly SeenRequest[];
  /** How often each rule was applied, by its place. */
  readonly applied: readonly number[];
  /** Closes the connections that wait for a next request, so that clients have to connect again. */
  closeIdle(): void;
}

interface Answer {
  readonly status: number;
  readonly rawHeaders: string[];
  readonly body: Buffer;
}

interface Exchange {
  readonly upstream: URL;
  readonly message: IncomingMessage;
  readonly answer: ServerResponse;
}

const CHUNK_BYTES = 1_024;

function seenOf(message: IncomingMessage): SeenRequest {
  const { pathname, searchParams } = new URL(message.url ?? '/', 'http://s3');
  const isList = searchParams.has('list-type');
  const path = decodeURIComponent(pathname).replace(/^\/[^/]*\/?/, '');
  return {
    method: message.method ?? '',
    key: isList ? (searchParams.get('prefix') ?? '') : path,
    isList,
    signedAtMs: signedAtOf(String(message.headers['x-amz-date'] ?? '')),
  };
}

/** `20261123T090500Z`, as requests are signed; NaN where it is none. */
function signedAtOf(date: string): number {
  const parts = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(date)?.slice(1).map(Number);
  const [year = NaN, month = NaN, day, hour, minute, second] = parts ?? [];
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

async function bodyOf(message: IncomingMessage, bytesPerSecond = Infinity): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    if (bytesPerSecond !== Infinity) await sleep((1_000 * chunk.length) / bytesPerSecond);
  }
  return Buffer.concat(chunks);
}

/** Sends the request on; `part` of its body where it is to break off. */
async function forward(at: Exchange, body: Buffer, part?: number): Promise<Answer> {
  const { upstream, message } = at;
  return await new Promise((resolve, reject) => {
    const passed = request({
      host: upstream.hostname,
      port: upstream.port,
      method: message.method,
      path: message.url,
      headers: message.rawHeaders,
      agent: false,
    });
    passed.on('error', reject);
    passed.on('response', (answer) => {
      bodyOf(answer).then((bytes) => {
        const { statusCode = 0, rawHeaders } = answer;
        resolve({ status: statusCode, rawHeaders, body: bytes });
      }, reject);
    });
    if (part === undefined) {
      passed.end(body);
      return;
    }
    passed.write(body.subarray(0, part), () => {
      passed.destroy(new Error('broken off on purpose'));
    });
  });
}

function flipped(body: Buffer): Buffer {
  const copy = Buffer.from(body);
  const at = copy.length >> 1;
  if (copy.length > 0) copy.writeUInt8(copy.readUInt8(at) ^ 1, at);
  return copy;
}

function refuse({ answer, message }: Exchange, status: number, code: string): void {
  const body = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>made</Message></Error>`;
  answer.writeHead(status, { 'content-type': 'application/xml' });
  answer.end(message.method === 'HEAD' ? '' : body);
}

function drop({ message }: Exchange): void {
  message.socket.resetAndDestroy();
}

async function pass({ answer }: Exchange, told: Answer, bytesPerSecond?: number): Promise<void> {
  answer.writeHead(told.status, told.rawHeaders);
  if (bytesPerSecond !== undefined) {
    for (let at = 0; at < told.body.length; at += CHUNK_BYTES) {
      answer.write(told.body.subarray(at, at + CHUNK_BYTES));
      await sleep((1_000 * CHUNK_BYTES) / bytesPerSecond);
    }
    answer.end();
    return;
  }
  answer.end(told.body);
}

async function cutAnswer(at: Exchange, told: Answer): Promise<void> {
  at.answer.writeHead(told.status, told.rawHeaders);
  await new Promise<void>((resolve) => {
    at.answer.write(told.body.subarray(0, told.body.length >> 1), () => {
      resolve();
    });
  });
  drop(at);
}

async function serve(at: Exchange, fault: Fault | null): Promise<void> {
  const body = await bodyOf(at.message, fault?.kind === 'slow' ? fault.bytesPerSecond : undefined);
  if (fault === null) {
    await pass(at, await forward(at, body));
    return;
  }
  switch (fault.kind) {
    case 'hang':
      return;
    case 'answer':
      refuse(at, fault.status, fault.code);
      return;
    case 'lose-request':
      drop(at);
      return;
    case 'cut-request':
      await forward(at, body, body.length >> 1).catch(() => undefined);
      drop(at);
      return;
    case 'lose-answer':
      await forward(at, body);
      drop(at);
      return;
    case 'cut-answer':
      await cutAnswer(at, await forward(at, body));
      return;
    case 'slow':
      await pass(at, await forward(at, body), fault.bytesPerSecond);
      return;
    case 'flip-request':
      await pass(at, await forward(at, flipped(body)));
      return;
    case 'flip-answer': {
      const told = await forward(at, body);
      await pass(at, { ...told, body: flipped(told.body) });
      return;
    }
    case 'taken-by-itself':
      await forward(at, body);
      refuse(at, 412, 'PreconditionFailed');
      return;
    case 'before':
      if ((await fault.run()) === 'drop') drop(at);
      else await pass(at, await forward(at, body));
      return;
    case 'after': {
      const told = await forward(at, body);
      if ((await fault.run()) === 'drop') drop(at);
      else await pass(at, told);
    }
  }
}

/** The first rule that matches and is not used up decides; what no rule matches passes. */
export async function startFaultProxy(
  upstream: string,
  rules: readonly FaultRule[] = [],
): Promise<FaultProxy> {
  const seen: SeenRequest[] = [];
  const applied = rules.map(() => 0);
  const faultOf = (one: SeenRequest): Fault | null => {
    const at = rules.findIndex((rule, index) => applied[index]! < rule.times && rule.when(one));
    if (at === -1) return null;
    applied[at]! += 1;
    return rules[at]!.fault;
  };
  const server = createServer((message, answer) => {
    const one = seenOf(message);
    seen.push(one);
    const exchange = { upstream: new URL(upstream), message, answer };
    // A client or server that went away in the middle is what some of the faults are for.
    serve(exchange, faultOf(one)).catch(() => {
      message.socket.destroy();
    });
  });
  const { port, close } = await listenLocally(server);
  return {
    endpoint: `http://127.0.0.1:${String(port)}`,
    seen,
    applied,
    closeIdle: () => {
      server.closeIdleConnections();
    },
    [Symbol.asyncDispose]: close,
  };
}
