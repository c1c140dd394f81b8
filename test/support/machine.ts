// Machines of a fleet as containers with systemd and sshd, which start workers through the Docker Engine of this host.
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { devContext } from '../../infra/dev/context.ts';
import { answers, freePort, waitFor } from '../../infra/dev/processes.ts';
import { ensureBaseImages } from '../../infra/dev/base-images.ts';
import { dockerCommandAt } from './docker-command.ts';
import type { DockerCommand } from './docker-command.ts';
import { testLog, testServices } from './services.ts';

const IMAGE = new URL('../../scripts/lib/machine-image.mjs', import.meta.url).href;
/** systemd is up within seconds; the rest is for a busy machine. */
const UP_MS = 120_000;

export interface TestMachines extends AsyncDisposable {
  readonly docker: DockerCommand;
  readonly socketPath: string;
  /** Of the private key of root of all machines. */
  readonly identity: string;
  readonly knownHosts: string;
  /**
   * What machines have in place of /etc/tracemill: its secrets are one folder of this host, since the Engine that mounts them is
   * this host's. No unit hides what lies there.
   */
  readonly etc: string;
  /** Its name begins with `kind`. */
  start(kind: string): Promise<TestMachine>;
}

export interface TestMachine {
  readonly name: string;
  /** Of sshd on 127.0.0.1. */
  readonly port: number;
  exec(...command: readonly string[]): string;
}

/** `npm test` has made it before; a file that runs alone makes it. */
export async function machineImage(): Promise<string> {
  const { config, services } = await testServices();
  const { socketPath } = services.docker;
  const { ensureMachineImage } = (await import(IMAGE)) as {
    readonly ensureMachineImage: (
      docker: DockerCommand,
      ensureBase: () => Promise<void>,
    ) => Promise<string>;
  };
  return await ensureMachineImage(dockerCommandAt(socketPath), () =>
    ensureBaseImages(devContext(config, testLog()), socketPath),
  );
}

/** Keys of root there. */
const AUTHORIZED = '/etc/ssh/authorized_keys';

/** systemd manages its own groups; which mounts that takes depends on the version of control groups. */
function controlGroups(): readonly string[] {
  const isUnified = existsSync('/sys/fs/cgroup/cgroup.controllers');
  if (isUnified) return ['--cgroupns', 'host', '--volume', '/sys/fs/cgroup:/sys/fs/cgroup:rw'];
  return [
    ...['--volume', '/sys/fs/cgroup:/sys/fs/cgroup:ro'],
    ...['--volume', '/sys/fs/cgroup/systemd:/sys/fs/cgroup/systemd:rw'],
  ];
}

/** Mounts for units with file systems of their own; nothing that runs in them is untrusted. */
const RIGHTS = [
  ...['--cap-add', 'SYS_ADMIN'],
  ...['--security-opt', 'seccomp=unconfined'],
  ...['--security-opt', 'apparmor=unconfined'],
];

async function untilUp(exec: TestMachine['exec']): Promise<void> {
  const untilMs = Date.now() + UP_MS;
  for (;;) {
    try {
      // Waits for the end of the boot, once its bus answers.
      exec('systemctl', 'is-system-running', '--wait');
      return;
    } catch (error) {
      const { stdout = '' } = error as { readonly stdout?: string };
      if (stdout.includes('degraded')) return;
      if (Date.now() > untilMs) throw error;
      await sleep(250);
    }
  }
}

/** Disposing removes all machines, and what workers of theirs are left. */
export async function openMachines(folder: string): Promise<TestMachines> {
  const image = await machineImage();
  const { services } = await testServices();
  const { socketPath } = services.docker;
  const docker = dockerCommandAt(socketPath);
  const identity = join(folder, 'key');
  const knownHosts = join(folder, 'known hosts');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', identity]);
  await writeFile(knownHosts, '');
  const etc = `/srv/${basename(folder)}`;
  const shared = `${etc}/secrets`;
  const names: string[] = [];
  const start = async (kind: string): Promise<TestMachine> => {
    // A run that was killed leaves its machines.
    const name = `${kind}-${randomBytes(3).toString('hex')}`;
    const port = await freePort();
    names.push(name);
    docker(
      ...['run', '--detach', '--name', name, '--hostname', name, '--network', 'host'],
      ...RIGHTS,
      ...controlGroups(),
      ...['--tmpfs', '/run', '--tmpfs', '/run/lock', '--env', 'container=docker'],
      ...['--volume', `${socketPath}:/run/docker.sock`, '--volume', `${shared}:${shared}`],
      image,
    );
    const exec = (...command: readonly string[]): string => docker('exec', name, ...command);
    await untilUp(exec);
    const { gid } = await stat(socketPath);
    exec('groupadd', '--non-unique', '--gid', String(gid), 'docker');
    docker('cp', `${identity}.pub`, `${name}:${AUTHORIZED}`);
    exec('chown', 'root:root', AUTHORIZED);
    const options = ['ListenAddress=127.0.0.1', `AuthorizedKeysFile=${AUTHORIZED}`];
    exec('mkdir', '-p', '/run/sshd');
    exec('/usr/sbin/sshd', '-p', String(port), ...options.flatMap((given) => ['-o', given]));
    // It leaves for the background before it listens.
    const listens = await waitFor(() => answers(`127.0.0.1:${String(port)}`, 1_000), {
      timeoutMs: UP_MS,
    });
    if (!listens) throw new Error(`sshd of ${name} does not listen`);
    const key = exec('cat', '/etc/ssh/ssh_host_ed25519_key.pub').split(' ').slice(0, 2).join(' ');
    await writeFile(knownHosts, `[127.0.0.1]:${String(port)} ${key}\n`, { flag: 'a' });
    return { name, port, exec };
  };
  return {
    ...{ docker, socketPath, identity, knownHosts, etc, start },
    [Symbol.asyncDispose]: () => {
      for (const name of names) {
        docker('rm', '--force', '--volumes', name);
        docker('rm', '--force', `tracemill-worker-${name}`);
      }
      // The Engine made it, as root.
      docker('run', '--rm', '--network', 'none', '--volume', '/srv:/srv', image, 'rm', '-rf', etc);
      return Promise.resolve();
    },
  };
}
