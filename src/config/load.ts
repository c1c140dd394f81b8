// The only reader of process.env.
import { homedir } from 'node:os';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { AppError } from '../errors.ts';
import { keepOutOfLogs } from '../log/logger.ts';
import type { InterruptionSource } from '../fleet/interruption.ts';
import { environmentSchema } from './schema.ts';
import type { Environment } from './schema.ts';
import type { S3Keys } from './services.ts';
import { temporalSecurityOf } from './temporal-security.ts';
import type { TemporalSecurity } from './temporal-security.ts';

export interface Config {
  /** Absolute path. */
  readonly home: string;
  /** Absolute path. */
  readonly cache: string;
  readonly logLevel: Environment['TRACEMILL_LOG_LEVEL'];
  readonly temporal: {
    readonly address: string | null;
    readonly namespace: string;
    /** Null is a plain connection. */
    readonly security: TemporalSecurity | null;
  };
  readonly queuePrefix: string;
  readonly s3: {
    readonly endpoint: string | null;
    readonly region: string;
    /** Null is what the AWS SDK finds by itself: the role of the machine, of the container, of the user. */
    readonly keys: S3Keys | null;
    /** Absolute path of the secret's file. */
    readonly secretFile: string | null;
  };
  readonly bucket: string;
  readonly dockerSocket: string;
  readonly sandboxImage: string | null;
  /** Fingerprint that a worker's sandboxes must have; null is any. */
  readonly environment: string | null;
  /** Absolute path of a lock file; null is the standard library alone. */
  readonly sandboxPackages: string | null;
  /** `url` has a slash at its end. */
  readonly packageIndex: {
    readonly url: string;
    readonly username: string | null;
    readonly password: string | null;
  };
  readonly batchSize: number;
  readonly slots: number;
  readonly dispatchSeed: number | null;
  readonly aslr: boolean;
  /** Name of an OCI runtime; null is the engine's own. */
  readonly runtime: string | null;
  /** Null where a worker shows no metrics. */
  readonly metrics: MetricsConfig | null;
  /** Null where only signals end a worker. */
  readonly interruption: InterruptionSource | null;
  /** Null where no language model is configured. */
  readonly llm: LlmConfig | null;
  readonly testData: string;
}

/** The key is read by who needs it (`readLlmKey`), so that it is in no other process. */
export interface LlmConfig {
  readonly endpoint: string;
  readonly keyFile: string | null;
  readonly concurrency: number;
  readonly requestsPerMinute: number | null;
  readonly tokensPerMinute: number | null;
  readonly timeoutMs: number;
  readonly limitField: Environment['TRACEMILL_LLM_LIMIT_FIELD'];
}

export interface MetricsConfig {
  readonly host: string;
  readonly port: number;
  /** Null where the worker makes one in `home`. */
  readonly token: string | null;
}

/** Link-local addresses that the two clouds document for their metadata services. */
const METADATA_ENDPOINTS = {
  aws: 'http://169.254.169.254',
  gcp: 'http://metadata.google.internal',
} as const;

function interruptionOf(text: string | undefined): InterruptionSource | null {
  if (text === undefined) return null;
  const [name = '', ...rest] = text.split('=');
  const value = rest.join('=');
  if (name === 'file') return { kind: name, path: resolve(value) };
  const kind = name === 'gcp' ? 'gcp' : 'aws';
  return { kind, endpoint: (value || METADATA_ENDPOINTS[kind]).replace(/\/$/, '') };
}

type SecretVariable =
  | 'TRACEMILL_S3_SECRET_ACCESS_KEY_FILE'
  | 'TRACEMILL_METRICS_TOKEN_FILE'
  | 'TRACEMILL_PYPI_PASSWORD_FILE';

function readSecret(env: Environment, variable: SecretVariable): string | null {
  const file = env[variable];
  return file === undefined ? null : readSecretFile(variable, file);
}

/** Null where the configuration names no file, or an empty one. Throws AppError `config-invalid`. */
export function readLlmKey({ keyFile }: LlmConfig): string | null {
  if (keyFile === null) return null;
  const key = readSecretFile('TRACEMILL_LLM_API_KEY_FILE', keyFile);
  return key === '' ? null : key;
}

function llmOf(env: Environment): LlmConfig | null {
  const endpoint = env.TRACEMILL_LLM_ENDPOINT;
  if (endpoint === undefined) return null;
  return {
    endpoint,
    keyFile: pathOrNull(env.TRACEMILL_LLM_API_KEY_FILE),
    concurrency: env.TRACEMILL_LLM_CONCURRENCY,
    requestsPerMinute: env.TRACEMILL_LLM_REQUESTS_PER_MINUTE ?? null,
    tokensPerMinute: env.TRACEMILL_LLM_TOKENS_PER_MINUTE ?? null,
    timeoutMs: 1_000 * env.TRACEMILL_LLM_TIMEOUT_SECONDS,
    limitField: env.TRACEMILL_LLM_LIMIT_FIELD,
  };
}

function readSecretFile(variable: string, file: string): string {
  try {
    const secret = readFileSync(file, 'utf8').trim();
    keepOutOfLogs(secret);
    return secret;
  } catch (cause) {
    throw new AppError(
      'config-invalid',
      `${variable} names ${JSON.stringify(file)}, which cannot be read`,
      { cause },
    );
  }
}

const pathOrNull = (file: string | undefined): string | null =>
  file === undefined ? null : resolve(file);

function s3KeysOf(env: Environment): S3Keys | null {
  const accessKeyId = env.TRACEMILL_S3_ACCESS_KEY_ID ?? null;
  const secretAccessKey = readSecret(env, 'TRACEMILL_S3_SECRET_ACCESS_KEY_FILE');
  if (accessKeyId !== null && secretAccessKey !== null) return { accessKeyId, secretAccessKey };
  if (accessKeyId === null && secretAccessKey === null) return null;
  const [given, missing] =
    accessKeyId === null
      ? ['TRACEMILL_S3_SECRET_ACCESS_KEY_FILE', 'TRACEMILL_S3_ACCESS_KEY_ID']
      : ['TRACEMILL_S3_ACCESS_KEY_ID', 'TRACEMILL_S3_SECRET_ACCESS_KEY_FILE'];
  throw new AppError(
    'config-invalid',
    `${given} is set without ${missing}; set both, or neither to use the credentials of this machine's role`,
  );
}

const LOOPBACK = /^(?:127(?:\.\d{1,3}){3}|localhost|::1)$/;
/** 96 bits as base64: nobody guesses them over HTTP. */
const TOKEN_CHARACTERS_MIN = 16;

/** Throws AppError `config-invalid`: outside this machine nobody but the operator may choose the token. */
function metricsOf(env: Environment): MetricsConfig | null {
  const address = env.TRACEMILL_METRICS_ADDRESS;
  if (address === undefined) return null;
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon).replace(/^\[|\]$/g, '');
  const port = Number(address.slice(colon + 1));
  const token = readSecret(env, 'TRACEMILL_METRICS_TOKEN_FILE');
  if (port < 1 || port > 65_535) {
    throw new AppError(
      'config-invalid',
      `TRACEMILL_METRICS_ADDRESS names the port ${String(port)}; give one from 1 to 65535`,
    );
  }
  if (token === null && !LOOPBACK.test(host)) {
    throw new AppError(
      'config-invalid',
      `TRACEMILL_METRICS_ADDRESS names ${JSON.stringify(host)}, which others can reach; ` +
        'name a file with a token in TRACEMILL_METRICS_TOKEN_FILE, or use 127.0.0.1',
    );
  }
  if (token !== null && token.length < TOKEN_CHARACTERS_MIN) {
    throw new AppError(
      'config-invalid',
      `TRACEMILL_METRICS_TOKEN_FILE holds a token of ${String(token.length)} characters; ` +
        `give at least ${String(TOKEN_CHARACTERS_MIN)}`,
    );
  }
  return { host, port, token };
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
      security: temporalSecurityOf(env),
    },
    queuePrefix: env.TRACEMILL_QUEUE_PREFIX,
    s3: {
      endpoint: env.TRACEMILL_S3_ENDPOINT ?? null,
      region: env.TRACEMILL_S3_REGION,
      keys: s3KeysOf(env),
      secretFile: pathOrNull(env.TRACEMILL_S3_SECRET_ACCESS_KEY_FILE),
    },
    bucket: env.TRACEMILL_BUCKET,
    dockerSocket: env.TRACEMILL_DOCKER_SOCKET ?? '/var/run/docker.sock',
    sandboxImage: env.TRACEMILL_SANDBOX_IMAGE ?? null,
    environment: env.TRACEMILL_ENVIRONMENT ?? null,
    sandboxPackages: pathOrNull(env.TRACEMILL_SANDBOX_PACKAGES),
    packageIndex: {
      url: env.TRACEMILL_PYPI_INDEX.replace(/\/*$/, '/'),
      username: env.TRACEMILL_PYPI_USERNAME ?? null,
      password: readSecret(env, 'TRACEMILL_PYPI_PASSWORD_FILE'),
    },
    batchSize: env.TRACEMILL_BATCH_SIZE,
    slots: env.TRACEMILL_SLOTS,
    dispatchSeed: env.TRACEMILL_DISPATCH_SEED ?? null,
    aslr: env.TRACEMILL_ASLR === 'on',
    runtime: env.TRACEMILL_RUNTIME ?? null,
    metrics: metricsOf(env),
    interruption: interruptionOf(env.TRACEMILL_INTERRUPTION),
    llm: llmOf(env),
    testData: resolve(env.TRACEMILL_TEST_DATA),
  });
}
