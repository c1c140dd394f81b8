// Secrets for workers in containers: copies that a container's user, who is nobody on this host, can read, in a folder that
// is closed to others.
import { copyFile, chmod, mkdir, rm, writeFile } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import type { Services } from '../config/services.ts';
import { securityVariables } from '../config/temporal-security.ts';
import type { TemporalSecurity } from '../config/temporal-security.ts';

export interface ContainerSecrets {
  /** Absolute paths on this host by those in the container. */
  readonly files: Readonly<Record<string, string>>;
  /** Variables of the worker that name them, and what belongs to them. */
  readonly environment: Readonly<Record<string, string>>;
}

const INSIDE = '/run/secrets';
const READABLE = 0o444;

/** The same security, with the names that its files have in the container. */
function inside(security: TemporalSecurity): TemporalSecurity {
  return {
    caFile: security.caFile === null ? null : `${INSIDE}/temporal-ca`,
    serverName: security.serverName,
    client:
      security.client === null
        ? null
        : {
            certificateFile: `${INSIDE}/temporal-certificate`,
            keyFile: `${INSIDE}/temporal-key`,
          },
    apiKeyFile: security.apiKeyFile === null ? null : `${INSIDE}/temporal-api-key`,
  };
}

function pathsOf(security: TemporalSecurity): readonly (string | null | undefined)[] {
  const { caFile, client, apiKeyFile } = security;
  return [caFile, client?.certificateFile, client?.keyFile, apiKeyFile];
}

/** Nothing where the SDK finds credentials by itself: in the network of this host it finds those of its machine. */
async function s3Secret(s3: Services['s3'], folder: string): Promise<ContainerSecrets> {
  if (s3.accessKeyId === null || s3.secretAccessKey === null) return { files: {}, environment: {} };
  const copy = resolve(join(folder, 's3.secret'));
  await rm(copy, { force: true });
  await writeFile(copy, s3.secretAccessKey, { mode: READABLE, flag: 'wx' });
  return {
    files: { [`${INSIDE}/s3`]: copy },
    environment: {
      TRACEMILL_S3_ACCESS_KEY_ID: s3.accessKeyId,
      TRACEMILL_S3_SECRET_ACCESS_KEY_FILE: `${INSIDE}/s3`,
    },
  };
}

/** Files of this host that Temporal's security takes, by their paths in the container, and the variables that name them. */
export function placedSecurity(security: TemporalSecurity | null): ContainerSecrets {
  if (security === null) return { files: {}, environment: {} };
  const placed = inside(security);
  const there = pathsOf(placed);
  const files = pathsOf(security).flatMap((here, index) => {
    const name = there[index];
    return here == null || name == null ? [] : [[name, here] as const];
  });
  return { files: Object.fromEntries(files), environment: securityVariables(placed) };
}

/** What a container of this host's network needs to reach Temporal and S3. */
export async function containerSecrets(
  { temporal, s3 }: Pick<Services, 'temporal' | 's3'>,
  folder: string,
): Promise<ContainerSecrets> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const files: Record<string, string> = {};
  const keys = await s3Secret(s3, folder);
  Object.assign(files, keys.files);
  const security = placedSecurity(temporal.security);
  for (const [name, here] of Object.entries(security.files)) {
    const copy = resolve(join(folder, basename(name)));
    await rm(copy, { force: true });
    await copyFile(here, copy);
    await chmod(copy, READABLE);
    files[name] = copy;
  }
  return {
    files,
    environment: {
      ...keys.environment,
      ...security.environment,
    },
  };
}
