// The only importer of pino. JSON lines on stderr; stdout belongs to answers of the command line.
// Field names: jobId, revision, pass, batchIndex, attempt, functionId, invocationId, containerId, service, key, code,
// err, and measures that end in Ms, Bytes or Count. Never source, inputs, values or output of user code.
import { destination, pino } from 'pino';
import type { Logger as PinoLogger } from 'pino';

export type Logger = PinoLogger;

const REDACTED = [
  'secretAccessKey',
  'accessKeyId',
  'sessionToken',
  'apiKey',
  'authorization',
  'token',
];

const secrets = new Set<string>();
/** Shorter texts stand in every line. */
const SECRET_CHARACTERS_MIN = 8;

/**
 * From now on no log line of this process holds this text, whoever writes it: servers repeat what was sent to them, and
 * libraries log what servers say.
 */
export function keepOutOfLogs(secret: string): void {
  if (secret.length >= SECRET_CHARACTERS_MIN) secrets.add(JSON.stringify(secret).slice(1, -1));
}

/** `text` without the secrets that are known. */
export function withoutSecrets(text: string): string {
  let clean = text;
  for (const secret of secrets) clean = clean.replaceAll(secret, '[redacted]');
  return clean;
}

export function createLogger(options: { level: string; name: string; toFile?: string }): Logger {
  const out =
    options.toFile === undefined
      ? destination({ dest: 2, sync: true })
      : destination({ dest: options.toFile, sync: true, mkdir: true });
  return pino(
    {
      name: options.name,
      level: options.level,
      base: { pid: process.pid },
      redact: { paths: REDACTED.flatMap((key) => [key, `*.${key}`]), censor: '[redacted]' },
      hooks: { streamWrite: withoutSecrets },
    },
    out,
  );
}
