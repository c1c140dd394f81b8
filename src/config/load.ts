// The only reader of process.env.
import { homedir } from 'node:os';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { AppError } from '../errors.ts';
import { environmentSchema } from './schema.ts';
import type { Environment } from './schema.ts';

export interface Config {
  /** Absolute path. */
  readonly home: string;
  /** Absolute path. */
  readonly cache: string;
  readonly logLevel: Environment['TRACEMILL_LOG_LEVEL'];
  readonly temporal: { readonly address: string | null; readonly namespace: string };
  readonly queuePrefix: string;
  readonly s3: {
    readonly endpoint: string | null;
    readonly region: string;
    readonly accessKeyId: string | null;
    readonly secretAccessKey: string | null;
  };
  readonly bucket: string;
  readonly dockerSocket: string;
  readonly sandboxImage: string | null;
  /** Absolute path of a lock file; null is the standard library alone. */
  readonly sandboxPackages: string | null;
  readonly batchSize: number;
  readonly slots: number;
  readonly dispatchSeed: number | null;
  readonly aslr: boolean;
  readonly testData: string;
}

function readSecret(file: string | undefined): string | null {
  if (file === undefined) return null;
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw new AppError(
      'config-invalid',
      `TRACEMILL_S3_SECRET_ACCESS_KEY_FILE names ${JSON.stringify(file)}, which cannot be read`,
      { cause },
    );
  }
}

/** Throws AppError `config-invalid` that names every bad variable at once. An empty variable counts as unset. */
export function loadConfig(environment: NodeJS.ProcessEnv = process.env): Config {
  const given = Object.fromEntries(
    Object.entries(environment).filter(
      ([key, value]) => key.startsWith('TRACEMILL_') && value !== '',
    ),
  );
  const parsed = environmentSchema.safeParse(given);
  if (!parsed.success) {
    throw new AppError('config-invalid', `environment: ${z.prettifyError(parsed.error)}`);
  }
  const env = parsed.data;
  return Object.freeze({
    home: resolve(env.TRACEMILL_HOME),
    cache: resolve(env.TRACEMILL_CACHE ?? join(homedir(), '.cache', 'tracemill')),
    logLevel: env.TRACEMILL_LOG_LEVEL,
    temporal: {
      address: env.TRACEMILL_TEMPORAL_ADDRESS ?? null,
      namespace: env.TRACEMILL_TEMPORAL_NAMESPACE,
    },
    queuePrefix: env.TRACEMILL_QUEUE_PREFIX,
    s3: {
      endpoint: env.TRACEMILL_S3_ENDPOINT ?? null,
      region: env.TRACEMILL_S3_REGION,
      accessKeyId: env.TRACEMILL_S3_ACCESS_KEY_ID ?? null,
      secretAccessKey: readSecret(env.TRACEMILL_S3_SECRET_ACCESS_KEY_FILE),
    },
    bucket: env.TRACEMILL_BUCKET,
    dockerSocket: env.TRACEMILL_DOCKER_SOCKET ?? '/var/run/docker.sock',
    sandboxImage: env.TRACEMILL_SANDBOX_IMAGE ?? null,
    sandboxPackages:
      env.TRACEMILL_SANDBOX_PACKAGES === undefined ? null : resolve(env.TRACEMILL_SANDBOX_PACKAGES),
    batchSize: env.TRACEMILL_BATCH_SIZE,
    slots: env.TRACEMILL_SLOTS,
    dispatchSeed: env.TRACEMILL_DISPATCH_SEED ?? null,
    aslr: env.TRACEMILL_ASLR === 'on',
    testData: resolve(env.TRACEMILL_TEST_DATA),
  });
}
