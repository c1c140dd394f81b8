// The measuring container: the sandbox image with the bench, the floor's callbacks and the wheels of other tracers.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '../../scripts/lib/processes.mjs';
import { ROOT } from '../../scripts/lib/project.mjs';
import { ensureWheels } from '../../scripts/lib/python-tools.mjs';

const PEERS = ['PySnooper==1.2.3', 'hunter==3.9.0', 'snoop==0.6.1'];
const FILES = ['floor.c', 'measure.py', 'peers.py', 'workloads.py'];
const BUILD_MS = 5 * 60_000;
const MEASURE_MS = 30 * 60_000;

const dockerfile = (image) => `FROM debian:trixie AS build
RUN test -e /usr/include/python3.13/Python.h && command -v gcc >/dev/null \\
    || { apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev python3.13-dev; }
COPY bench/floor.c /src/floor.c
RUN gcc -O2 -std=c17 -Wall -Wextra -Werror -fPIC -shared -I/usr/include/python3.13 /src/floor.c -o /src/floor.so
FROM ${image}
USER 0:0
COPY wheels /opt/wheels
RUN ["python3.13", "-c", "import glob, zipfile; [zipfile.ZipFile(w).extractall('/opt/peers') for w in glob.glob('/opt/wheels/*.whl')]"]
COPY bench /opt/bench
COPY --from=build /src/floor.so /opt/bench/floor.so
ENV PYTHONPATH=/opt/tracemill:/opt/peers:/opt/bench PYTHONDONTWRITEBYTECODE=1 PYTHONHASHSEED=0
USER 65534:65534
`;

async function must(command, what, timeoutMs) {
  const { code, output } = await run(command, { quiet: true, timeoutMs });
  if (code !== 0) {
    throw new Error(`${what} failed: ${output.trim().split('\n').slice(-8).join('\n')}`);
  }
  return output;
}

function buildContext(image, wheels) {
  const folder = mkdtempSync(join(tmpdir(), 'tracemill-bench-tracer-'));
  cpSync(wheels, join(folder, 'wheels'), { recursive: true });
  mkdirSync(join(folder, 'bench'));
  for (const file of FILES) {
    cpSync(join(ROOT, 'bench', 'tracer', file), join(folder, 'bench', file));
  }
  writeFileSync(join(folder, 'Dockerfile'), dockerfile(image));
  return folder;
}

/**
 * Runs measure.py. `folder` holds a stream for each workload and granularity until `remove` is called.
 * @param {{ socketPath: string, image: string }} services
 * @param {{ rounds: number, say: (line: string) => void }} options
 */
export async function measured({ socketPath, image }, { rounds, say }) {
  const wheels = await ensureWheels(say, PEERS);
  const docker = ['docker', '--host', `unix://${socketPath}`];
  const folder = buildContext(image, wheels);
  const tag = `${image.replace('tracemill-sandbox', 'tracemill-bench-tracer')}-${process.pid}`;
  const name = `tracemill-bench-tracer-${process.pid}`;
  const limits = ['--network', 'none', '--cap-drop', 'ALL', '--memory', '3g', '--pids-limit', '64'];
  const remove = () => {
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    say('building the measuring image');
    const build = [...docker, 'build', '--network', 'host', '--tag', tag, folder];
    await must(build, 'building the measuring image', BUILD_MS);
    say(`measuring, ${rounds} rounds`);
    const script = `mkdir /tmp/streams && python3.13 -s -P /opt/bench/measure.py ${rounds} /tmp/streams > /tmp/found.json`;
    const start = [...docker, 'run', '--name', name, ...limits, '--entrypoint', 'sh', tag];
    await must([...start, '-c', script], 'measuring', MEASURE_MS);
    const copy = (from, to) =>
      must([...docker, 'cp', `${name}:${from}`, join(folder, to)], 'copying results', BUILD_MS);
    await copy('/tmp/streams', 'streams');
    await copy('/tmp/found.json', 'found.json');
    const found = JSON.parse(readFileSync(join(folder, 'found.json'), 'utf8'));
    return { found, folder: join(folder, 'streams'), remove };
  } catch (error) {
    remove();
    throw error;
  } finally {
    await run([...docker, 'rm', '--force', name], { quiet: true });
    await run([...docker, 'rmi', '--force', tag], { quiet: true });
  }
}
