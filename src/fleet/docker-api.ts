// The few calls to the Docker Engine that a fleet of containers needs, with its faults as the port has them. Running sandboxes is
// src/sandbox, which a fleet does not reach.
import { request } from 'node:http';
import { ProviderError } from './provider.ts';

const ANSWER_BYTES_MAX = 4 * 1024 * 1024;
const NOT_FOUND = 404;
const NOT_MODIFIED = 304;
const REMOVAL_IN_PROGRESS = 409;
/** A stream of the Engine that carries stdout and stderr has a header of eight bytes before each piece. */
const STREAM_HEADER = 8;

interface Answer {
  readonly status: number;
  readonly body: Buffer;
}

interface Call {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
  readonly signal: AbortSignal;
}

export interface EngineApi {
  /** Containers with this label, running or not. */
  list(label: string, signal: AbortSignal): Promise<unknown>;
  create(name: string, spec: unknown, signal: AbortSignal): Promise<void>;
  start(id: string, signal: AbortSignal): Promise<void>;
  /** Kills and removes; a container that is gone is success. */
  remove(id: string, signal: AbortSignal): Promise<void>;
  /** The last lines of what it wrote; empty where it is gone or on its way out. */
  log(id: string, lines: number, signal: AbortSignal): Promise<string>;
}

function unreachable(socketPath: string, cause: unknown): ProviderError {
  const code = (cause as NodeJS.ErrnoException).code ?? '';
  if (code === 'EACCES' || code === 'EPERM') {
    const text = `the Docker socket ${JSON.stringify(socketPath)} may not be used by this user; join its group`;
    return new ProviderError('denied', text, cause);
  }
  const text = `Docker does not answer at ${JSON.stringify(socketPath)}; start it or correct TRACEMILL_DOCKER_SOCKET`;
  return new ProviderError('unreachable', text, cause);
}

function ask(socketPath: string, { method, path, body, signal }: Call): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown): void => {
      reject(unreachable(socketPath, cause));
    };
    const headers = body === undefined ? {} : { 'content-type': 'application/json' };
    const asked = request({ socketPath, method, path, headers, signal }, (answer) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      answer.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > ANSWER_BYTES_MAX) asked.destroy(new Error('the answer is too long'));
        else chunks.push(chunk);
      });
      answer.once('end', () => {
        resolve({ status: answer.statusCode ?? 0, body: Buffer.concat(chunks) });
      });
      answer.once('error', fail);
    });
    asked.once('error', fail);
    asked.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

function refusal(what: string, { status, body }: Answer): ProviderError {
  let message = body.toString('utf8').slice(0, 300);
  try {
    message = (JSON.parse(message) as { readonly message?: string }).message ?? message;
  } catch {
    // Not all answers are JSON.
  }
  const isMissing = status === NOT_FOUND && message.includes('image');
  const trouble = isMissing ? 'not-found' : 'other';
  const todo = isMissing ? '; build or load the image' : '';
  return new ProviderError(trouble, `Docker did not ${what}: ${message.trim()}${todo}`);
}

/** Text of a multiplexed stream. */
function demultiplexed(body: Buffer): string {
  const pieces: Buffer[] = [];
  for (let at = 0; at + STREAM_HEADER <= body.length;) {
    const length = body.readUInt32BE(at + 4);
    pieces.push(body.subarray(at + STREAM_HEADER, at + STREAM_HEADER + length));
    at += STREAM_HEADER + length;
  }
  return Buffer.concat(pieces).toString('utf8');
}

export function engine(socketPath: string): EngineApi {
  const call = async (
    what: string,
    asked: Call,
    allowed: readonly number[] = [],
  ): Promise<Answer> => {
    const answer = await ask(socketPath, asked);
    if (answer.status < 300 || allowed.includes(answer.status)) return answer;
    throw refusal(what, answer);
  };
  const at = (id: string): string => `/containers/${encodeURIComponent(id)}`;
  return {
    list: async (label, signal) => {
      const filters = encodeURIComponent(JSON.stringify({ label: [label] }));
      const path = `/containers/json?all=true&filters=${filters}`;
      const { body } = await call('list containers', { method: 'GET', path, signal });
      return JSON.parse(body.toString('utf8')) as unknown;
    },
    create: async (name, spec, signal) => {
      const path = `/containers/create?name=${encodeURIComponent(name)}`;
      await call('create a container', { method: 'POST', path, body: spec, signal });
    },
    start: async (id, signal) => {
      const asked: Call = { method: 'POST', path: `${at(id)}/start`, signal };
      await call('start a container', asked, [NOT_MODIFIED]);
    },
    remove: async (id, signal) => {
      const asked: Call = { method: 'DELETE', path: `${at(id)}?force=true&v=true`, signal };
      await call('remove a container', asked, [NOT_FOUND, REMOVAL_IN_PROGRESS]);
    },
    log: async (id, lines, signal) => {
      const path = `${at(id)}/logs?stdout=true&stderr=true&tail=${String(lines)}`;
      const gone = [NOT_FOUND, REMOVAL_IN_PROGRESS];
      const { status, body } = await call('read a log', { method: 'GET', path, signal }, gone);
      return gone.includes(status) ? '' : demultiplexed(body);
    },
  };
}
