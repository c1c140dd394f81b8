// docker-compose.yml as a test runs it: a project of its own on free ports, removed at the end with all that it kept.
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ensureCompose } from '../../infra/dev/compose.ts';
import { projectRoot } from '../../infra/dev/paths.ts';
import { freePort } from '../../infra/dev/processes.ts';
import { testConfig, testLog } from './services.ts';

const execute = promisify(execFile);
const OUTPUT_BYTES_MAX = 16 * 1024 * 1024;

export interface ComposeProject extends AsyncDisposable {
  readonly name: string;
  /** `docker compose ARGS…`; what it printed on stdout. Throws where it fails. */
  compose(...args: readonly string[]): Promise<string>;
  /** `docker ARGS…` on the same Engine. */
  docker(...args: readonly string[]): Promise<string>;
  /** For the command line of this machine: where the project's Temporal and S3 are. */
  readonly client: Readonly<Record<string, string>>;
  readonly s3: { readonly endpoint: string; readonly secretAccessKey: string };
  /** Folder of the files that containers get as secrets. */
  readonly secrets: string;
  readonly prometheus: string;
}

/** Nothing runs yet. */
export async function composeProject(
  settings: Readonly<Record<string, string>>,
): Promise<ComposeProject> {
  const { command, variables, secrets } = await ensureCompose(testConfig(), testLog());
  const [temporal, s3, prometheus] = [await freePort(), await freePort(), await freePort()];
  const name = `tracemill-test-${String(process.pid)}`;
  const [program = '', ...prefix] = command;
  const env = {
    ...process.env,
    ...variables,
    TRACEMILL_PORT_TEMPORAL: String(temporal),
    TRACEMILL_PORT_S3: String(s3),
    TRACEMILL_PORT_PROMETHEUS: String(prometheus),
    ...settings,
  };
  const run = async (file: string, args: readonly string[]): Promise<string> => {
    const options = { cwd: projectRoot(), env, maxBuffer: OUTPUT_BYTES_MAX };
    return (await execute(file, [...args], options)).stdout;
  };
  const compose = (...args: readonly string[]): Promise<string> =>
    run(program, [...prefix, '--project-name', name, ...args]);
  const endpoint = `http://127.0.0.1:${String(s3)}`;
  return {
    name,
    compose,
    docker: (...args) => run('docker', args),
    client: {
      TRACEMILL_TEMPORAL_ADDRESS: `127.0.0.1:${String(temporal)}`,
      TRACEMILL_S3_ENDPOINT: endpoint,
      TRACEMILL_S3_ACCESS_KEY_ID: 'tracemill',
      TRACEMILL_S3_SECRET_ACCESS_KEY_FILE: join(secrets, 's3'),
    },
    secrets,
    s3: { endpoint, secretAccessKey: await readFile(join(secrets, 's3'), 'utf8') },
    prometheus: `http://127.0.0.1:${String(prometheus)}`,
    async [Symbol.asyncDispose]() {
      await compose('--profile', '*', 'down', '--volumes', '--timeout', '20');
    },
  };
}
