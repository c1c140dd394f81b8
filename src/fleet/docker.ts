// Machines that are containers on this host: for a laptop, for tests, and for a big machine that several jobs share. A
// container is asked to leave by a file that its worker watches, so that asking twice is asking once.
import { randomBytes } from 'node:crypto';
import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { engine } from './docker-api.ts';
import type { EngineApi } from './docker-api.ts';
import type { FleetDescription, FleetProvider, FleetVm } from './provider.ts';

export interface DockerFleet {
  readonly socketPath: string;
  /** Group of the socket. */
  readonly socketGid: number;
  readonly fleet: string;
  readonly image: string;
  /** Of `tracemill worker`. */
  readonly arguments: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Files by their place in the container, read-only. */
  readonly files: Readonly<Record<string, string>>;
  /** Null is the host's own. */
  readonly network: string | null;
  /** Absolute path of a folder of this host for the files that ask machines to leave. */
  readonly folder: string;
}

const LABEL = 'dev.tracemill.fleet';
const NOTICE_FOLDER = '/run/tracemill';
const NOTICE = 'leave';
const NAME_BYTES = 4;
const NOTE_CHARACTERS = 300;
const LOG_LINES = 5;

interface Listed {
  readonly Id: string;
  readonly Names: readonly string[];
  readonly State: string;
  /** Seconds since the epoch. */
  readonly Created: number;
}

const nameOf = ({ Names }: Listed): string => (Names[0] ?? '').replace(/^\//, '');

function specOf(given: DockerFleet, name: string) {
  const { files, network, folder, socketPath, socketGid } = given;
  const notices = `${join(folder, name)}:${NOTICE_FOLDER}:ro`;
  const mounts = Object.entries(files).map(([inside, outside]) => `${outside}:${inside}:ro`);
  return {
    Image: given.image,
    Hostname: name,
    Cmd: ['worker', ...given.arguments],
    Env: [
      `TRACEMILL_INTERRUPTION=file=${NOTICE_FOLDER}/${NOTICE}`,
      ...Object.entries(given.environment).map(([key, value]) => `${key}=${value}`),
    ],
    Labels: { [LABEL]: given.fleet },
    HostConfig: {
      Binds: [`${socketPath}:/var/run/docker.sock`, notices, ...mounts],
      NetworkMode: network ?? 'host',
      GroupAdd: [String(socketGid)],
      Init: true,
      ReadonlyRootfs: true,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges:true'],
      Tmpfs: {
        '/tmp': 'mode=1777',
        '/var/lib/tracemill': 'mode=0700,uid=10001,gid=10001',
      },
      LogConfig: { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '2' } },
    },
  };
}

/** States of a container that does nothing any more; what is being removed is listed for a moment. */
const OVER: ReadonlySet<string> = new Set(['exited', 'dead', 'removing']);

class DockerProvider implements FleetProvider {
  readonly kind = 'docker';
  readonly place: string;
  private readonly api: EngineApi;
  private readonly given: DockerFleet;

  constructor(given: DockerFleet) {
    this.given = given;
    this.place = `Docker at ${given.socketPath}`;
    this.api = engine(given.socketPath);
  }

  async describe(signal: AbortSignal): Promise<FleetDescription> {
    const vms = await Promise.all(
      (await this.list(signal)).map((listed) => this.describeOne(listed, signal)),
    );
    const here = vms.filter(({ state }) => state === 'running');
    return { desired: here.length, vms };
  }

  async setDesired(count: number, signal: AbortSignal): Promise<void> {
    const { vms } = await this.describe(signal);
    const here = vms.filter(({ state }) => state === 'running').length;
    for (let made = here; made < count; made += 1) await this.launch(signal);
  }

  async drain(id: string, signal: AbortSignal): Promise<void> {
    if (!(await this.isOurs(id, signal))) return;
    await mkdir(join(this.given.folder, id), { recursive: true });
    await writeFile(join(this.given.folder, id, NOTICE), 'the fleet asks this machine to leave\n');
  }

  async terminate(id: string, signal: AbortSignal): Promise<void> {
    if (!(await this.isOurs(id, signal))) return;
    await this.api.remove(id, signal);
    await rm(join(this.given.folder, id), { recursive: true, force: true });
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }

  private async list(signal: AbortSignal): Promise<readonly Listed[]> {
    return (await this.api.list(`${LABEL}=${this.given.fleet}`, signal)) as readonly Listed[];
  }

  /** Names come from operators too: what is not of this fleet is not touched. */
  private async isOurs(id: string, signal: AbortSignal): Promise<boolean> {
    return (await this.list(signal)).some((listed) => nameOf(listed) === id);
  }

  private async describeOne(listed: Listed, signal: AbortSignal): Promise<FleetVm> {
    const id = nameOf(listed);
    const base = { id, host: id, launchedAtMs: listed.Created * 1_000 };
    if (OVER.has(listed.State)) {
      return { ...base, state: 'ended', note: await this.lastWords(listed.Id, signal) };
    }
    const isLeaving = await stat(join(this.given.folder, id, NOTICE)).then(
      () => true,
      () => false,
    );
    return { ...base, state: isLeaving ? 'draining' : 'running', note: null };
  }

  private async lastWords(id: string, signal: AbortSignal): Promise<string> {
    const text = await this.api.log(id, LOG_LINES, signal);
    return text.trim().slice(-NOTE_CHARACTERS);
  }

  private async launch(signal: AbortSignal): Promise<void> {
    const name = `tracemill-${this.given.fleet}-${randomBytes(NAME_BYTES).toString('hex')}`;
    await mkdir(join(this.given.folder, name), { recursive: true, mode: 0o755 });
    try {
      await this.api.create(name, specOf(this.given, name), signal);
      await this.api.start(name, signal);
    } catch (error) {
      await this.api.remove(name, AbortSignal.timeout(ROLLBACK_MS)).catch(() => undefined);
      await rm(join(this.given.folder, name), { recursive: true, force: true });
      throw error;
    }
  }
}

/** A machine that was made by half is taken back even where the round is over. */
const ROLLBACK_MS = 10_000;

/** Reaches for nothing yet. */
export function dockerProvider(given: DockerFleet): FleetProvider {
  return new DockerProvider(given);
}
