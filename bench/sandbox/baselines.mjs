// What others do for each function: a container, an exec, an interpreter; and the floor, a fork of the same PID 1.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request as httpRequest } from 'node:http';
import { built } from '../lib/services.mjs';
import { BARE, SCRIPT } from './programs.mjs';

const PYTHON = ['/usr/bin/python3.13', '-s', '-S', '-P', '-B'];
const FLOOR = readFileSync(new URL('./fork_floor.py', import.meta.url), 'utf8');

/** Reads a line count, runs so many interpreters one after the other, answers with the seconds they took. */
const SPAWNER = `import subprocess, sys, time
script = ${JSON.stringify(SCRIPT)}
print("ready", flush=True)
for line in sys.stdin:
    start = time.monotonic()
    for _ in range(int(line)):
        subprocess.run([*${JSON.stringify(PYTHON)}, "-c", script], stdout=subprocess.DEVNULL, check=True)
    print(time.monotonic() - start, 0, flush=True)
`;

const TIME_WORLD = [
  ...['PYTHONHASHSEED=0', 'PYTHON_CPU_COUNT=1', 'PYTHONPATH=/opt/tracemill:/opt/packages'],
  ...['LD_PRELOAD=/opt/tracemill/lib/preload.so', 'LD_BIND_NOW=1'],
  'GLIBC_TUNABLES=glibc.cpu.hwcaps=-FMA,-FMA4:glibc.malloc.arena_max=1:glibc.malloc.hugetlb=1',
];

/** A container of the same confinement as a sandbox that runs Python directly. */
async function makeSpec(services, command, env = []) {
  const { containerSpec, containerMemoryBytes, LABEL, OWNER } = await built(
    'src/sandbox/container-spec.js',
  );
  const { childLimits } = await built('src/sandbox/request.js');
  const { DEFAULT_LIMITS } = await built('src/contract/limits.js');
  const { readSeccompProfile } = await built('src/sandbox/seccomp-profile.js');
  const seccomp = await readSeccompProfile();
  let count = 0;
  return () => {
    count += 1;
    const spec = containerSpec({
      image: services.image,
      variant: 'trace',
      aslr: true,
      memoryBytes: containerMemoryBytes(childLimits(DEFAULT_LIMITS, 1)),
      cpus: 1,
      seccomp,
      runtime: null,
      name: `tracemill-bench-${process.pid}-${command[0] === PYTHON[0] ? 'p' : 's'}${env.length}-${Date.now()}-${count}`,
      labels: {
        [LABEL.owner]: OWNER,
        [LABEL.worker]: 'bench',
        [LABEL.boot]: 'bench',
        [LABEL.deadline]: String(Date.now() + 3_600_000),
      },
    });
    return { ...spec, Entrypoint: command, Cmd: [], Env: [...env] };
  };
}

async function connect(services) {
  const { connectEngine } = await built('src/sandbox/docker.js');
  return connectEngine(services.socketPath);
}

/** Create, attach, start, read to the end: `docker run --rm` without the client's own start. */
export async function dockerRun(services) {
  const engine = await connect(services);
  const spec = await makeSpec(services, [...PYTHON, '-c', SCRIPT]);
  return async (count) => {
    const startedMs = performance.now();
    for (let done = 0; done < count; done += 1) {
      const { stream } = await engine.start(spec());
      stream.resume();
      await once(stream, 'close');
    }
    return { count, wallMs: performance.now() - startedMs };
  };
}

function post(socketPath, path, body) {
  return new Promise((resolve, reject) => {
    const call = httpRequest(
      { socketPath, path, method: 'POST', headers: { 'Content-Type': 'application/json' } },
      (answer) => {
        const chunks = [];
        answer.on('data', (chunk) => chunks.push(chunk));
        answer.on('end', () => resolve(Buffer.concat(chunks)));
      },
    );
    call.on('error', reject);
    call.end(JSON.stringify(body));
  });
}

/** A container whose PID 1 speaks in lines; `ask` gives the numbers of its next line. */
async function lineContainer(services, program, env) {
  const engine = await connect(services);
  const { AttachParser } = await built('src/sandbox/frames.js');
  const spec = await makeSpec(services, [...PYTHON, '-c', program], env);
  const { id, stream } = await engine.start(spec());
  const parser = new AttachParser();
  let text = '';
  let errors = '';
  let wake = () => undefined;
  stream.on('data', (chunk) => {
    parser.push(chunk, {
      stdout: (part) => (text += part.toString('utf8')),
      stderr: (part) => (errors += part.toString('utf8')),
    });
    wake();
  });
  stream.on('close', () => wake());
  const line = async () => {
    while (!text.includes('\n')) {
      if (stream.destroyed || stream.readableEnded) throw new Error(`ended: ${errors}`);
      await new Promise((resolve) => (wake = resolve));
    }
    const found = text.slice(0, text.indexOf('\n'));
    text = text.slice(found.length + 1);
    return found;
  };
  await line();
  const ask = async (what) => {
    stream.write(`${what}\n`);
    return (await line()).split(' ').map(Number);
  };
  return { id, ask, close: () => stream.end() };
}

/** `docker exec` of an interpreter in one warm container, through the API. */
export async function dockerExec(services) {
  const { id, close } = await lineContainer(services, 'print("ready", flush=True)\ninput()', []);
  const { socketPath } = services;
  const run = async (count) => {
    const startedMs = performance.now();
    for (let done = 0; done < count; done += 1) {
      const made = await post(socketPath, `/containers/${id}/exec`, {
        AttachStdout: true,
        AttachStderr: true,
        Cmd: [...PYTHON, '-c', SCRIPT],
      });
      const answer = await post(socketPath, `/exec/${JSON.parse(made).Id}/start`, {});
      if (!answer.includes('True')) throw new Error(`exec answered ${answer.toString('latin1')}`);
    }
    return { count, wallMs: performance.now() - startedMs };
  };
  return { run, close };
}

/** A fresh interpreter for each function, spawned inside one warm container. */
export async function freshInterpreter(services) {
  const { ask, close } = await lineContainer(services, SPAWNER, []);
  return { run: async (count) => ({ count, wallMs: (await ask(count))[0] * 1000 }), close };
}

/**
 * Forks and reaps children of the same PID 1, without any host in between: empty ones, or bare ones, which load a
 * function and call it.
 */
export async function forkedChildren(services) {
  const { ask, close } = await lineContainer(services, FLOOR, TIME_WORLD);
  const run = async (asked) => {
    const [seconds, cpuSeconds] = await ask(JSON.stringify(asked));
    return { count: asked.count, wallMs: seconds * 1000, cpuMs: cpuSeconds * 1000 };
  };
  return { empty: (count) => run({ count }), bare: (count) => run({ count, ...BARE }), close };
}
