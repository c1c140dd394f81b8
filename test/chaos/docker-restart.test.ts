// The Docker daemon itself is restarted under a job. It is a second one, with data, sockets and containerd of its own:
// the daemon of the machine is never touched. Needs root.
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from 'vitest';
import { engineAnswers } from '../../infra/dev/engine-api.ts';
import { spawnDetached, stopProcess, waitFor } from '../../infra/dev/processes.ts';
import type { ProcessMark } from '../../infra/dev/processes.ts';
import { Row, eventually, openRig } from './rig.ts';
import type { Rig } from './rig.ts';
import { expectNoneLeft, relayOf, tracingSandbox } from './scenes.ts';

const run = promisify(execFile);
const START_MS = 60_000;

/** What a worker left, which is looked for before this runs; a daemon that is not there has nothing to remove. */
const CLEAR = `docker --host "unix://$1" ps --all --quiet 2>/dev/null |
  xargs --no-run-if-empty docker --host "unix://$1" rm --force`;
/** With living containers the daemon leaves its mounts to the next one. */
const UNMOUNT = `cut -d' ' -f2 /proc/self/mounts | grep "^$1/" | sort -r |
  xargs --no-run-if-empty -n1 umount`;

let rig: Rig;
beforeAll(async () => {
  rig = await openRig();
});

interface Daemon extends AsyncDisposable {
  readonly socketPath: string;
  start(): Promise<void>;
  /** Ends it as an operator does, or as the kernel does. */
  stop(how: 'SIGTERM' | 'SIGKILL'): Promise<void>;
}

async function startDaemon(options: readonly string[]): Promise<Daemon> {
  const folder = await mkdtemp(join(tmpdir(), 'tracemill-dockerd-'));
  const socketPath = join(folder, 'docker.sock');
  const at = (name: string): string => join(folder, name);
  let mark: ProcessMark | null = null;
  const start = async (): Promise<void> => {
    mark = await spawnDetached({
      command: [
        ...['dockerd', '--data-root', at('data'), '--exec-root', at('exec')],
        ...['--host', `unix://${socketPath}`, '--pidfile', at('pid')],
        ...['--bridge=none', '--iptables=false', '--ip6tables=false', ...options],
      ],
      logFile: at('log'),
    });
    const ready = await waitFor(() => engineAnswers(socketPath), {
      timeoutMs: START_MS,
      ...(mark === null ? {} : { mark }),
    });
    if (!ready) throw new Error(`the second dockerd did not start; see ${at('log')}`);
  };
  const stop = async (how: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
    if (how === 'SIGKILL' && mark !== null) process.kill(mark.pid, 'SIGKILL');
    await stopProcess(mark, START_MS);
    // Its containerd dies with it; where nobody buries the dead, the next daemon would wait for that one.
    if (how === 'SIGKILL') await rm(join(at('exec'), 'containerd', 'containerd.pid'));
  };
  await start();
  return {
    socketPath,
    start,
    stop,
    async [Symbol.asyncDispose]() {
      await run('sh', ['-c', CLEAR, 'sh', socketPath]);
      await stop('SIGTERM');
      await run('sh', ['-c', UNMOUNT, 'sh', folder]);
      await rm(folder, { recursive: true });
    },
  };
}

async function copyImage(reference: string, from: string, to: string): Promise<void> {
  const save = `docker --host "unix://$1" save "$3" | docker --host "unix://$2" load`;
  await run('sh', ['-c', save, 'sh', from, to, reference]);
}

test.each([
  ['stopped and started', 'SIGTERM', []],
  ['killed and started', 'SIGKILL', []],
  ['restarted over living containers', 'SIGTERM', ['--live-restore']],
] as const)('a Docker daemon that is %s costs no byte', async (title, how, options) => {
  await using daemon = await startDaemon(options);
  const { docker, sandboxImage } = rig.services;
  await copyImage(sandboxImage.reference, docker.socketPath, daemon.socketPath);
  await using row = await Row.open(rig, `dockerd-${title.replaceAll(' ', '-')}`);
  await using relay = await relayOf(rig, 'dockerd', daemon.socketPath);
  const worker = await row.worker({ TRACEMILL_DOCKER_SOCKET: relay.socketPath });
  await row.launch();
  await row.begun('trace');
  await eventually(() => tracingSandbox(relay));
  await daemon.stop(how);
  await daemon.start();
  await row.expectCalm();
  expect(worker.isAlive).toBe(true);
  await worker[Symbol.asyncDispose]();
  await expectNoneLeft(relay);
});
