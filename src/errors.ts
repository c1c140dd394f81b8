// Faults: what our own machinery did wrong. Outcomes and verdicts are data and never thrown.
import type { ErrorCode } from './contract/error-code.ts';

export interface FaultContext {
  readonly [field: string]: string | number | boolean | null;
}

/** `message` starts in lower case, names the subject, quotes values, and says what to do. No user code, no stack. */
export class AppError extends Error {
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly context: FaultContext;

  constructor(
    code: ErrorCode,
    message: string,
    options: { retryable?: boolean; context?: FaultContext; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'AppError';
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.context = options.context ?? {};
  }
}

export function isAppError(error: unknown): error is AppError {
  return error instanceof AppError;
}

const SERVICE_CODES: ReadonlySet<ErrorCode> = new Set([
  'temporal-unreachable',
  'store-unreachable',
  'docker-unreachable',
  'service-not-available',
  'index-unreachable',
  'llm-unreachable',
]);
const USAGE_CODES: ReadonlySet<ErrorCode> = new Set([
  'usage',
  'config-invalid',
  'spec-invalid',
  'spec-not-built-yet',
  'policy-invalid',
  'corpus-missing',
  'corpus-unreadable',
  'corpus-empty',
  'job-not-found',
  'row-not-found',
  'set-exists',
  'export-conflict',
  'temporal-denied',
]);

/** Exit code of the command line: 1 the job or check failed, 2 wrong usage or configuration, 3 a service is out of reach. */
export function exitCodeOf(error: unknown): 1 | 2 | 3 {
  if (!isAppError(error)) return 1;
  if (SERVICE_CODES.has(error.code)) return 3;
  return USAGE_CODES.has(error.code) ? 2 : 1;
}
