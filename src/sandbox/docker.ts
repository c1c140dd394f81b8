// The only importer of dockerode: the few calls that sandboxes need, each with a deadline, faults as AppError.
import Docker from 'dockerode';
import { Duplex } from 'node:stream';
import { AppError } from '../errors.ts';
import type { ContainerSpec } from './container-spec.ts';

/** Creating and starting took 0.4 s where it was measured, and 2.4 s on a saturated host. */
const START_MS = 60_000;
const CALL_MS = 20_000;

export interface RunningContainer {
  readonly id: string;
  /** The hijacked stream: Docker's frames one way, raw bytes the other. */
  readonly stream: Duplex;
}

export interface ListedContainer {
  readonly id: string;
  readonly labels: Readonly<Record<string, string>>;
}

export interface Engine {
  readonly socketPath: string;
  /** Throws AppError `docker-unreachable`. */
  ping(): Promise<void>;
  /** Throws AppError `image-missing`. */
  requireImage(reference: string): Promise<string>;
  /** Created, attached, then started. Throws AppError `sandbox-start-failed`. */
  start(spec: ContainerSpec): Promise<RunningContainer>;
  /** Kills and removes; a container that is gone is success. */
  remove(id: string): Promise<void>;
  list(label: { readonly name: string; readonly value: string }): Promise<ListedContainer[]>;
}

function statusOf(cause: unknown): number | null {
  const status: unknown =
    typeof cause === 'object' && cause !== null && 'statusCode' in cause ? cause.statusCode : null;
  return typeof status === 'number' ? status : null;
}

function codeOf(cause: unknown): string | null {
  const code: unknown = cause instanceof Error && 'code' in cause ? cause.code : null;
  return typeof code === 'string' ? code : null;
}

const OUT_OF_REACH = new Set(['ENOENT', 'ECONNREFUSED', 'EACCES', 'EPERM', 'ECONNRESET', 'EPIPE']);

class Late extends Error {}

/** Settles when `work` does or after `ms`; late settlement of `work` is ignored. */
async function withDeadline<T>(work: Promise<T>, ms: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Late(`${what} took longer than ${String(ms)} ms`));
    }, ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
    // A call that outlives its deadline may still fail: nobody listens any more.
    work.catch(() => undefined);
  }
}

class DockerEngine implements Engine {
  readonly socketPath: string;
  private readonly docker: Docker;

  constructor(socketPath: string) {
    this.socketPath = socketPath;
    this.docker = new Docker({ socketPath });
  }

  async ping(): Promise<void> {
    await this.call('ping', CALL_MS, this.docker.ping());
  }

  async requireImage(reference: string): Promise<string> {
    try {
      const image = this.docker.getImage(reference);
      return (await this.call('inspect of an image', CALL_MS, image.inspect())).Id;
    } catch (error) {
      if (!(error instanceof AppError) || error.context['status'] !== 404) throw error;
      throw new AppError(
        'image-missing',
        `image ${JSON.stringify(reference)} is not there; build it`,
        {
          cause: error,
        },
      );
    }
  }

  async start(spec: ContainerSpec): Promise<RunningContainer> {
    const container = await this.create(spec);
    let stream: Duplex | null = null;
    try {
      stream = await this.attach(container);
      await this.call('start', START_MS, container.start());
      return { id: container.id, stream };
    } catch (error) {
      // Before the call: an open stream that nobody reads would make it hang, and keep alive what did start.
      stream?.destroy();
      // The first reason is told; a container that could not be removed is the reaper's.
      await this.remove(container.id).catch(() => undefined);
      throw error;
    }
  }

  private async attach(container: Docker.Container): Promise<Duplex> {
    const options = { stream: true, hijack: true, stdin: true, stdout: true, stderr: true };
    const stream = await this.call('attach', CALL_MS, container.attach(options));
    if (!(stream instanceof Duplex)) throw new TypeError('an attached stream is no duplex');
    // Until its reader listens, an engine that goes away must not end the worker.
    stream.on('error', () => undefined);
    return stream;
  }

  private async create(spec: ContainerSpec): Promise<Docker.Container> {
    try {
      return await this.call('create', START_MS, this.docker.createContainer(spec));
    } catch (error) {
      // A create that was given up may still have made it.
      await this.remove(spec.name).catch(() => undefined);
      throw error;
    }
  }

  async remove(id: string): Promise<void> {
    try {
      await this.call('remove', CALL_MS, this.docker.getContainer(id).remove({ force: true }));
    } catch (error) {
      // 404: gone already; 409: the engine removes it at this moment.
      const status = error instanceof AppError ? error.context['status'] : null;
      if (status !== 404 && status !== 409) throw error;
    }
  }

  async list(label: { name: string; value: string }): Promise<ListedContainer[]> {
    const filters = { label: [`${label.name}=${label.value}`] };
    const found = await this.call(
      'list',
      CALL_MS,
      this.docker.listContainers({ all: true, filters }),
    );
    return found.map((container) => ({ id: container.Id, labels: container.Labels }));
  }

  private async call<T>(what: string, ms: number, work: Promise<T>): Promise<T> {
    try {
      return await withDeadline(work, ms, what);
    } catch (cause) {
      throw this.fault(what, cause);
    }
  }

  private fault(what: string, cause: unknown): AppError {
    const status = statusOf(cause);
    const context = { call: what, status, socketPath: this.socketPath };
    if (cause instanceof Late || OUT_OF_REACH.has(codeOf(cause) ?? '')) {
      return new AppError(
        'docker-unreachable',
        `docker at ${JSON.stringify(this.socketPath)} does not answer (${what}); start it or set TRACEMILL_DOCKER_SOCKET`,
        { retryable: true, context, cause },
      );
    }
    const reason = cause instanceof Error ? cause.message : String(cause);
    return new AppError(
      'sandbox-start-failed',
      `docker refused ${what}: ${JSON.stringify(reason)}`,
      {
        // 409: the name is taken or the container on its way out; the next try has another name.
        retryable: status === null || status >= 500 || status === 409,
        context,
        cause,
      },
    );
  }
}

export function connectEngine(socketPath: string): Engine {
  return new DockerEngine(socketPath);
}
