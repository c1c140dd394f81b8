// A package index on this machine that speaks the simple API (PEP 503 and 691), with faults on demand.
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { sha256 } from '../../src/identity/digest.ts';
import { listenLocally } from './local-server.ts';

export interface IndexedFile {
  /** Normalised name of its project. */
  readonly project: string;
  readonly filename: string;
  readonly bytes: Buffer;
}

export interface IndexOptions {
  readonly form?: 'json' | 'html';
  /** `user:password` that every request must bring. */
  readonly credentials?: string;
  /** Answers these paths instead, as often as the list has entries. */
  readonly faults?: Record<string, ((response: ServerResponse) => void)[]>;
  /** Bytes that are sent in place of a file's, by its name. */
  readonly replaced?: Readonly<Record<string, Buffer>>;
  /** Address of the files, where it is another one than the index. */
  readonly filesAt?: string;
}

export interface RunningIndex extends AsyncDisposable {
  readonly url: string;
  /** Method, path and whether credentials came, in order. */
  readonly requests: { readonly path: string; readonly hadCredentials: boolean }[];
}

function page(files: readonly IndexedFile[], project: string, options: IndexOptions): string {
  const own = files.filter((each) => each.project === project);
  const at = options.filesAt ?? '../../files';
  if (options.form === 'html') {
    const links = own.map(
      ({ filename, bytes }) =>
        `<a href="${at}/${filename}#sha256=${sha256(bytes)}" data-requires-python="&gt;=3">${filename}</a><br/>`,
    );
    return `<!DOCTYPE html><html><body>${links.join('\n')}</body></html>`;
  }
  return JSON.stringify({
    meta: { 'api-version': '1.1' },
    name: project,
    files: own.map(({ filename, bytes }) => ({
      filename,
      url: `${at}/${filename}`,
      hashes: { sha256: sha256(bytes) },
      size: bytes.length,
      yanked: false,
    })),
  });
}

function answer(
  files: readonly IndexedFile[],
  options: IndexOptions,
  path: string,
  response: ServerResponse,
): void {
  const [, root = '', name = ''] = path.split('/');
  if (root === 'simple' && files.some(({ project }) => project === name)) {
    const type = options.form === 'html' ? 'text/html' : 'application/vnd.pypi.simple.v1+json';
    response.setHeader('content-type', type);
    response.end(page(files, name, options));
    return;
  }
  const file = files.find(({ filename }) => filename === name);
  if (root !== 'files' || file === undefined) response.statusCode = 404;
  response.end(file === undefined ? '' : (options.replaced?.[name] ?? file.bytes));
}

/** Serves until it is disposed. */
export async function serveIndex(
  files: readonly IndexedFile[],
  options: IndexOptions = {},
): Promise<RunningIndex> {
  const requests: RunningIndex['requests'] = [];
  const wanted =
    options.credentials === undefined
      ? null
      : `Basic ${Buffer.from(options.credentials).toString('base64')}`;
  const server = createServer((request: IncomingMessage, response) => {
    const path = request.url ?? '';
    const given = request.headers.authorization;
    requests.push({ path, hadCredentials: given !== undefined });
    const fault = options.faults?.[path]?.shift();
    if (fault !== undefined) fault(response);
    else if (wanted !== null && given !== wanted) {
      response.statusCode = 401;
      response.end();
    } else answer(files, options, path, response);
  });
  const { port, close } = await listenLocally(server);
  return {
    url: `http://127.0.0.1:${String(port)}/simple/`,
    requests,
    [Symbol.asyncDispose]: close,
  };
}
