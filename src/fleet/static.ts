// Machines that are there already: hosts that are reached by ssh. A host is given its files and started, and afterwards it is
// free again; which fleet has it stands on the host itself. One that cannot be reached is said once and holds up none.
import type { Logger } from '../log/logger.ts';
import type { MachineFile } from './machine.ts';
import { ProviderError } from './provider.ts';
import type { FleetDescription, FleetProvider, FleetVm, VmState } from './provider.ts';
import { runScript } from './ssh.ts';
import type { ScriptResult, SshHost, SshOptions } from './ssh.ts';
import {
  TAKEN,
  drainScript,
  launchScript,
  parseStatus,
  statusScript,
  terminateScript,
} from './static-scripts.ts';
import type { HostStatus } from './static-scripts.ts';

export interface StaticFleet {
  readonly fleet: string;
  readonly hosts: readonly SshHost[];
  readonly ssh: SshOptions;
  readonly files: readonly MachineFile[];
  readonly secrets: Readonly<Record<string, string>>;
  /** Of what lies on the hosts. */
  readonly folder: string;
  readonly log: Logger;
  readonly now: () => number;
}

type Look =
  | { readonly kind: 'seen'; readonly host: SshHost; readonly status: HostStatus }
  | { readonly kind: 'unreachable'; readonly host: SshHost; readonly error: ProviderError };

interface Memory {
  readonly vm: FleetVm;
  readonly seenAtMs: number;
}

/** Processes of ssh at once. */
const PARALLEL = 16;
/** A worker that ends so often before it works will not start. */
const RESTARTS_MAX = 3;
/** A host that is silent for so long is taken to be gone: what it had to do is done elsewhere. */
const SILENT_MS = 300_000;
const NOTE_CHARACTERS = 300;

async function forEach<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const line = async (): Promise<void> => {
    for (let at = next; at < items.length; at = next) {
      next += 1;
      results[at] = await work(items[at] as T);
    }
  };
  await Promise.all(Array.from({ length: Math.min(PARALLEL, items.length) }, line));
  return results;
}

function stateOf({ active, isLeaving, restarts }: HostStatus): VmState {
  if (active === 'inactive' || active === 'failed') return 'ended';
  if (isLeaving || active === 'deactivating') return 'draining';
  return restarts >= RESTARTS_MAX ? 'ended' : 'running';
}

function vmOf({ name }: SshHost, status: HostStatus): FleetVm {
  const state = stateOf(status);
  const words = status.lastWords.slice(-NOTE_CHARACTERS);
  return {
    id: name,
    host: name,
    state,
    launchedAtMs: status.launchedAtMs,
    note: state === 'ended' && !status.isLeaving && words !== '' ? words : null,
  };
}

class StaticProvider implements FleetProvider {
  readonly kind = 'static';
  readonly place: string;
  private readonly given: StaticFleet;
  /** What was seen last of machines of this fleet. */
  private readonly memory = new Map<string, Memory>();
  private readonly silent = new Set<string>();

  constructor(given: StaticFleet) {
    this.given = given;
    this.place = `${String(given.hosts.length)} hosts by ssh`;
  }

  async describe(signal: AbortSignal): Promise<FleetDescription> {
    const vms = (await this.look(signal)).flatMap((look) => this.ours(look));
    return { desired: vms.filter(({ state }) => state === 'running').length, vms };
  }

  async setDesired(count: number, signal: AbortSignal): Promise<void> {
    const looks = await this.look(signal);
    const running = looks.flatMap((look) => this.ours(look)).filter((vm) => vm.state === 'running');
    let missing = count - running.length;
    const faults: ProviderError[] = [];
    for (const look of looks) {
      if (missing <= 0) break;
      if (look.kind === 'unreachable') faults.push(look.error);
      else if (look.status.fleet === '') {
        const fault = await this.launch(look.host, signal);
        if (fault === null) missing -= 1;
        else if (fault !== 'taken') faults.push(fault);
      }
    }
    if (missing <= 0) return;
    const [first] = faults;
    throw new ProviderError(
      first?.trouble ?? 'no-capacity',
      `${this.place}: ${String(missing)} of ${String(count)} machines are missing` +
        (first === undefined ? ', and no host is free' : `; ${first.message}`),
      first,
    );
  }

  async drain(id: string, signal: AbortSignal): Promise<void> {
    await this.tell(id, drainScript(this.given), signal);
  }

  async terminate(id: string, signal: AbortSignal): Promise<void> {
    await this.tell(id, terminateScript(this.given), signal);
    this.memory.delete(id);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve();
  }

  private run(host: SshHost, script: string, signal: AbortSignal): Promise<ScriptResult> {
    return runScript(host, script, { options: this.given.ssh, signal });
  }

  /** A host that is not listed is one that never was. */
  private async tell(id: string, script: string, signal: AbortSignal): Promise<void> {
    const host = this.given.hosts.find(({ name }) => name === id);
    if (host !== undefined) await this.run(host, script, signal);
  }

  /** Throws ProviderError where no host answers at all. */
  private async look(signal: AbortSignal): Promise<readonly Look[]> {
    const looks = await forEach(this.given.hosts, (host) => this.lookAt(host, signal));
    for (const look of looks) this.report(look);
    const failed = looks.flatMap((look) => (look.kind === 'unreachable' ? [look.error] : []));
    const [first] = failed;
    if (first !== undefined && failed.length === looks.length) throw first;
    return looks;
  }

  private async lookAt(host: SshHost, signal: AbortSignal): Promise<Look> {
    try {
      const { code, stdout, stderr } = await this.run(host, statusScript(this.given), signal);
      if (code === 0 || stdout.startsWith('fleet=')) {
        return { kind: 'seen', host, status: parseStatus(stdout) };
      }
      const words = stderr.trim().slice(-NOTE_CHARACTERS);
      const error = new ProviderError('denied', `host ${host.name} runs nothing for us: ${words}`);
      return { kind: 'unreachable', host, error };
    } catch (error) {
      if (error instanceof ProviderError) return { kind: 'unreachable', host, error };
      throw error;
    }
  }

  /** Once, until it answers again. */
  private report({ host, ...look }: Look): void {
    const { log } = this.given;
    if (look.kind === 'unreachable' && !this.silent.has(host.name)) {
      log.error({ host: host.name, kind: look.error.trouble }, look.error.message);
      this.silent.add(host.name);
    }
    if (look.kind === 'seen' && this.silent.delete(host.name)) {
      log.warn({ host: host.name }, 'host answers again');
    }
  }

  /** Its machine, where it is of this fleet: as it is, or as it was while it is silent. */
  private ours(look: Look): readonly FleetVm[] {
    const { name } = look.host;
    const nowMs = this.given.now();
    if (look.kind === 'unreachable') {
      const known = this.memory.get(name);
      return known !== undefined && nowMs - known.seenAtMs < SILENT_MS ? [known.vm] : [];
    }
    if (look.status.fleet !== this.given.fleet) {
      this.memory.delete(name);
      return [];
    }
    const vm = vmOf(look.host, look.status);
    this.memory.set(name, { vm, seenAtMs: nowMs });
    return [vm];
  }

  /** Null where the machine starts. */
  private async launch(
    host: SshHost,
    signal: AbortSignal,
  ): Promise<ProviderError | 'taken' | null> {
    const { fleet, folder, files, secrets, now } = this.given;
    const launch = { fleet, folder, files, secrets, name: host.name, atMs: now() };
    try {
      const { code, stderr } = await this.run(host, launchScript(launch), signal);
      if (code === 0) return null;
      if (code === TAKEN) return 'taken';
      const words = stderr.trim().slice(-NOTE_CHARACTERS);
      return new ProviderError('machine-fails', `host ${host.name} cannot be made ready: ${words}`);
    } catch (error) {
      if (error instanceof ProviderError) return error;
      throw error;
    }
  }
}

/** Reaches for nothing yet. */
export function staticProvider(given: StaticFleet): FleetProvider {
  return new StaticProvider(given);
}
