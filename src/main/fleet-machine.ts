// What a machine elsewhere is told: the configuration of this command, as far as a worker of the queue trace needs it, and what the
// fleet's document adds.
import { readFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { projectRoot } from '../../infra/dev/paths.ts';
import type { Config } from '../config/load.ts';
import { AppError } from '../errors.ts';
import { MACHINE_FOLDER, SECRETS_FOLDER, machineFiles } from '../fleet/machine.ts';
import type { MachineFile, MachineSetup, MachineSources } from '../fleet/machine.ts';
import type { FleetSettings, MachineSettings } from '../fleet/settings.ts';
import { userDataText } from '../fleet/user-data.ts';
import { placedSecurity } from './fleet-secrets.ts';

/** Of the secret key of S3 among a machine's secrets. */
const S3_SECRET = 's3';

async function readSources(): Promise<MachineSources> {
  const read = (name: string): Promise<string> =>
    readFile(join(projectRoot(), 'infra', 'machine', name), 'utf8');
  return {
    'load-image': await read('load-image'),
    'run-worker': await read('run-worker'),
    prepare: await read('prepare'),
    'tracemill-worker.service': await read('tracemill-worker.service'),
  };
}

/** Where the services are, as this command is told it. Null entries are left out. */
function placesOf({ temporal, s3, queuePrefix, bucket }: Config, hasKey: boolean) {
  return {
    TRACEMILL_TEMPORAL_ADDRESS: temporal.address,
    TRACEMILL_TEMPORAL_NAMESPACE: temporal.namespace,
    TRACEMILL_QUEUE_PREFIX: queuePrefix,
    TRACEMILL_BUCKET: bucket,
    TRACEMILL_S3_ENDPOINT: s3.endpoint,
    TRACEMILL_S3_REGION: s3.region,
    TRACEMILL_S3_ACCESS_KEY_ID: hasKey ? (s3.keys?.accessKeyId ?? null) : null,
    TRACEMILL_S3_SECRET_ACCESS_KEY_FILE: hasKey ? `${SECRETS_FOLDER}/${S3_SECRET}` : null,
  };
}

const DEFAULTS = {
  TRACEMILL_LOG_LEVEL: 'info',
  TRACEMILL_METRICS_ADDRESS: '127.0.0.1:9464',
  TRACEMILL_METRICS_TOKEN_FILE: `${SECRETS_FOLDER}/metrics`,
};

function variablesOf(
  config: Config,
  given: { readonly settings: FleetSettings; readonly machine: MachineSettings; hasKey: boolean },
): Readonly<Record<string, string>> {
  const { settings, machine, hasKey } = given;
  const places = Object.entries(placesOf(config, hasKey)).flatMap(([name, value]) =>
    value === null ? [] : [[name, value] as const],
  );
  const variables = {
    ...DEFAULTS,
    ...Object.fromEntries(places),
    ...placedSecurity(config.temporal.security).environment,
    TRACEMILL_SLOTS: String(settings.slotsPerVm),
    ...(machine.environment === null ? {} : { TRACEMILL_ENVIRONMENT: machine.environment }),
    ...machine.variables,
  };
  if (Object.hasOwn(variables, 'TRACEMILL_TEMPORAL_ADDRESS')) return variables;
  throw new AppError(
    'config-invalid',
    'machines elsewhere cannot reach the embedded Temporal server: set TRACEMILL_TEMPORAL_ADDRESS, or write it to ' +
      '`machine.variables` of the fleet',
  );
}

function machineOf(settings: FleetSettings): MachineSettings {
  if (settings.machine !== null) return settings.machine;
  throw new AppError(
    'config-invalid',
    `fleet ${JSON.stringify(settings.name)} does not say what its machines are told; add \`machine:\` with the images`,
  );
}

/**
 * Files of a machine; none holds a secret. `hasKey`: whether it gets the key of S3 as a file, or has a role. Throws AppError
 * `config-invalid`.
 */
export async function filesOfMachine(
  config: Config,
  how: {
    readonly settings: FleetSettings;
    readonly hasKey: boolean;
    /** Set where the fleet's document does not. */
    readonly variables?: Readonly<Record<string, string>>;
    readonly folder?: string;
  },
): Promise<readonly MachineFile[]> {
  const { settings, hasKey } = how;
  const machine = machineOf(settings);
  const { images, roles, logs } = machine;
  const own = variablesOf(config, { settings, machine, hasKey });
  const setup: MachineSetup = { images, roles, logs, variables: { ...how.variables, ...own } };
  return machineFiles(setup, await readSources(), how.folder);
}

async function readSecret(name: string, path: string): Promise<string> {
  return await readFile(path, 'utf8').catch((cause: unknown) => {
    const message = `secret ${JSON.stringify(name)} of the fleet: ${JSON.stringify(path)} cannot be read`;
    throw new AppError('config-invalid', message, { cause });
  });
}

/**
 * Secrets that go to hosts by ssh: the key of S3, what Temporal's security takes, and those of the document, whose files are
 * relative to it. Throws AppError `config-invalid`.
 */
export async function secretsOfHosts(
  config: Config,
  settings: FleetSettings,
  file: string,
): Promise<Readonly<Record<string, string>>> {
  const secrets: Record<string, string> = {};
  for (const [path, from] of Object.entries(placedSecurity(config.temporal.security).files)) {
    secrets[basename(path)] = await readSecret(basename(path), from);
  }
  for (const [name, { file: from }] of Object.entries(machineOf(settings).secrets)) {
    secrets[name] = await readSecret(name, resolve(dirname(file), from));
  }
  const { keys } = config.s3;
  return keys === null ? secrets : { ...secrets, [S3_SECRET]: keys.secretAccessKey };
}

/** Throws AppError `config-invalid`. */
export async function userDataOf(
  config: Config,
  settings: FleetSettings,
  folder = MACHINE_FOLDER,
): Promise<string> {
  const { packages, commands, secrets } = machineOf(settings);
  const [secret] = Object.keys(secrets);
  if (secret !== undefined) {
    throw new AppError(
      'config-invalid',
      `user data holds no secret, and \`machine.secrets\` has ${JSON.stringify(secret)}; let \`machine.commands\` fetch it ` +
        "into /etc/tracemill/secrets, with the machine's role",
    );
  }
  const variables = { TRACEMILL_INTERRUPTION: 'aws' };
  const how = { settings, hasKey: false, variables, folder };
  return userDataText({ files: await filesOfMachine(config, how), packages, commands, folder });
}
