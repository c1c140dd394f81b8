// The endpoint that Prometheus scrapes: metrics behind a token, and whether the process is ready, for health checks.
import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { AppError } from '../errors.ts';
import type { Logger } from '../log/logger.ts';
import type { Metrics } from './registry.ts';

export interface MetricsEndpoint {
  readonly host: string;
  readonly port: number;
  readonly token: string;
}

export interface MetricsServerOptions extends MetricsEndpoint {
  readonly metrics: Metrics;
  readonly isReady: () => boolean;
  readonly log: Logger;
}

/** Prometheus waits 10 s by default; who takes longer to ask is no scraper. */
const REQUEST_MS = 10_000;
/** Prometheus, its standby, and a person or two. */
const CONNECTIONS_MAX = 32;

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

/** In the same time for every wrong token. */
function isAllowed({ headers }: IncomingMessage, token: string): boolean {
  return timingSafeEqual(digest(headers.authorization ?? ''), digest(`Bearer ${token}`));
}

function send(
  response: ServerResponse,
  status: number,
  body: { readonly text: string; readonly type?: string },
): void {
  response.writeHead(status, {
    'content-type': body.type ?? 'text/plain; charset=utf-8',
    'cache-control': 'no-store',
  });
  response.end(body.text);
}

async function answer(
  options: MetricsServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const path = (request.url ?? '/').split('?')[0];
  if (request.method !== 'GET') {
    send(response, 405, { text: 'only GET\n' });
  } else if (path === '/healthz') {
    const isReady = options.isReady();
    send(response, isReady ? 200 : 503, { text: isReady ? 'ready\n' : 'not ready\n' });
  } else if (path !== '/metrics') {
    send(response, 404, { text: 'there are /metrics and /healthz\n' });
  } else if (isAllowed(request, options.token)) {
    const { metrics } = options;
    send(response, 200, { text: await metrics.text(), type: metrics.contentType });
  } else {
    response.setHeader('www-authenticate', 'Bearer');
    send(response, 401, { text: 'send the token as `Authorization: Bearer …`\n' });
  }
}

/** Throws AppError `config-invalid` where the address cannot be listened on. */
export async function serveMetrics(options: MetricsServerOptions): Promise<AsyncDisposable> {
  const { host, port, log } = options;
  const server = createServer((request, response) => {
    answer(options, request, response).catch((err: unknown) => {
      log.warn({ err }, 'metrics could not be told');
      if (response.headersSent) response.destroy();
      else send(response, 500, { text: 'see the log of the worker\n' });
    });
  });
  server.requestTimeout = REQUEST_MS;
  server.headersTimeout = REQUEST_MS;
  server.maxConnections = CONNECTIONS_MAX;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => {
      reject(
        new AppError(
          'config-invalid',
          `TRACEMILL_METRICS_ADDRESS names ${host}:${String(port)}, which cannot be listened on; ` +
            'name another port, one for each worker of a machine',
          { cause },
        ),
      );
    });
    server.listen(port, host, resolve);
  });
  log.info({ service: 'metrics', host, port }, 'metrics served');
  return {
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
