// In front of a real Temporal server, what Temporal Cloud puts there: TLS with a client certificate, or an API key in a
// header. Speaks HTTP/2 on both sides, so that it sees the headers of every call.
import { readFileSync } from 'node:fs';
import { connect, createSecureServer } from 'node:http2';
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Issued } from './certificates.ts';

export interface ProxyOptions {
  /** host:port of the server behind. */
  readonly upstream: string;
  readonly server: Issued;
  /** PEM file of who must have signed the client's certificate; null asks for none. */
  readonly clientCa: string | null;
  /** Called for each call; a text is the key that must be sent, null asks for none. */
  readonly apiKey: () => string | null;
}

export interface SeenCall {
  readonly path: string;
  readonly authorization: string | null;
  /** What Temporal Cloud finds the namespace by. */
  readonly namespace: string | null;
  readonly client: string;
}

export interface TemporalProxy extends AsyncDisposable {
  readonly port: number;
  readonly calls: readonly SeenCall[];
  /** Ends all connections; clients make new ones. */
  cut(): void;
}

const one = (value: string | readonly string[] | undefined): string | null =>
  typeof value === 'string' ? value : null;

const isPlain = (name: string): boolean => !name.startsWith(':') || name === ':path';

/** A refusal repeats the key, as the worst of servers do: nobody downstream may print it. */
function refuse(stream: ServerHttp2Stream, authorization: string | null): void {
  stream.respond(
    {
      ':status': 200,
      'content-type': 'application/grpc',
      'grpc-status': '16',
      'grpc-message': `Request unauthorized: ${encodeURIComponent(authorization ?? '')}`,
    },
    { endStream: true },
  );
}

function forward(
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  upstream: ReturnType<typeof connect>,
): void {
  const sent = Object.entries(headers).filter(([name]) => isPlain(name));
  const call = upstream.request({ ...Object.fromEntries(sent), ':method': 'POST' });
  let trailers: IncomingHttpHeaders = {};
  stream.pipe(call);
  stream.on('aborted', () => {
    call.close();
  });
  stream.on('error', () => {
    call.close();
  });
  call.on('error', () => {
    stream.close();
  });
  call.on('trailers', (found: IncomingHttpHeaders) => {
    trailers = found;
  });
  call.on('response', (answer, flags) => {
    if (stream.destroyed) return;
    const isOnlyTrailers = (flags & 1) === 1;
    stream.respond(answer, { waitForTrailers: !isOnlyTrailers, endStream: isOnlyTrailers });
    if (isOnlyTrailers) return;
    stream.on('wantTrailers', () => {
      stream.sendTrailers(trailers);
    });
    call.pipe(stream);
  });
}

export async function startTemporalProxy(options: ProxyOptions): Promise<TemporalProxy> {
  const calls: SeenCall[] = [];
  const upstream = connect(`http://${options.upstream}`);
  const { clientCa } = options;
  const server = createSecureServer({
    cert: readFileSync(options.server.certificate),
    key: readFileSync(options.server.key),
    ...(clientCa === null
      ? {}
      : { ca: readFileSync(clientCa), requestCert: true, rejectUnauthorized: true }),
  });
  const sockets = new Set<TLSSocket>();
  server.on('secureConnection', (socket: TLSSocket) => sockets.add(socket));
  server.on('sessionError', () => undefined);
  server.on('stream', (stream, headers) => {
    const authorization = one(headers['authorization']);
    calls.push({
      path: one(headers[':path']) ?? '',
      authorization,
      namespace: one(headers['temporal-namespace']),
      client: one(headers['client-name']) ?? '',
    });
    const key = options.apiKey();
    if (key !== null && authorization !== `Bearer ${key}`) refuse(stream, authorization);
    else forward(stream, headers, upstream);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
    sockets.clear();
  };
  return {
    cut,
    port: (server.address() as AddressInfo).port,
    calls,
    async [Symbol.asyncDispose]() {
      cut();
      upstream.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
