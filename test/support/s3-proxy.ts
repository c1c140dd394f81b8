// An HTTP proxy in front of a real S3 server that does to chosen requests what networks and servers do: signed bytes
// pass untouched, so that the server sees the client's own requests.
import { createServer, request } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** `lose-answer`: the server does it, the client never hears of it. A number: this status, and the server sees nothing. */
export type Mischief = 'pass' | 'lose-answer' | 'lose-request' | 'hang' | 'cut-body' | number;

export interface S3Proxy extends AsyncDisposable {
  readonly endpoint: string;
  /** Requests seen, as `PUT /bucket/key`. */
  readonly seen: string[];
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

async function forward(upstream: URL, message: IncomingMessage, body: Buffer): Promise<Answer> {
  return await new Promise((resolve, reject) => {
    const passed = request(
      {
        host: upstream.hostname,
        port: upstream.port,
        method: message.method,
        path: message.url,
        headers: message.headers,
      },
      (answer) => {
        bodyOf(answer).then(
          (bytes) => {
            resolve({ status: answer.statusCode ?? 0, headers: answer.headers, body: bytes });
          },
          (error: unknown) => {
            reject(error instanceof Error ? error : new Error(String(error)));
          },
        );
      },
    );
    passed.on('error', reject);
    passed.end(body);
  });
}

/** `choose` is asked once per request, with its line and how many of that line came before it. */
export async function startS3Proxy(
  upstream: string,
  choose: (line: string, before: number) => Mischief,
): Promise<S3Proxy> {
  const seen: string[] = [];
  const serve = async (message: IncomingMessage, answer: ServerResponse): Promise<void> => {
    const line = `${message.method ?? ''} ${(message.url ?? '').split('?')[0] ?? ''}`;
    const mischief = choose(line, seen.filter((one) => one === line).length);
    seen.push(line);
    const body = await bodyOf(message);
    if (mischief === 'hang') return;
    if (typeof mischief === 'number') {
      answer.writeHead(mischief).end();
      return;
    }
    if (mischief === 'lose-request') {
      message.socket.destroy();
      return;
    }
    const told = await forward(new URL(upstream), message, body);
    if (mischief === 'lose-answer') {
      message.socket.destroy();
      return;
    }
    answer.writeHead(told.status, told.headers);
    if (mischief === 'cut-body') {
      answer.write(told.body.subarray(0, told.body.length / 2));
      setTimeout(() => message.socket.destroy(), 50);
      return;
    }
    answer.end(told.body);
  };
  const server = createServer((message, answer) => {
    serve(message, answer).catch(() => message.socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${String(port)}`,
    seen,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
