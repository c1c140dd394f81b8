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
    },
    out,
  );
}
