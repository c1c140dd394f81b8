// What went wrong with a request to S3, and whether trying again can help.
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError, isAppError } from '../errors.ts';

// 100 + 200 + 400 + 800 ms between five tries: rides over a restarting gateway's hiccup; longer outages are Temporal's.
const TRIES = 5;
const FIRST_PAUSE_MS = 100;

function fieldOf(error: unknown, name: string): unknown {
  return typeof error === 'object' && error !== null && name in error
    ? (error as Readonly<Record<string, unknown>>)[name]
    : undefined;
}

function nameOf(error: unknown): string {
  const name = fieldOf(error, 'name');
  return typeof name === 'string' ? name : '';
}

/** HTTP status of an answer; null where no answer came. */
export function statusOf(error: unknown): number | null {
  const status = fieldOf(fieldOf(error, '$metadata'), 'httpStatusCode');
  return typeof status === 'number' ? status : null;
}

export function isMissing(error: unknown): boolean {
  return statusOf(error) === 404 && nameOf(error) !== 'NoSuchBucket';
}

/** Only 412 proves that an object is there; 409 says that somebody else was writing. */
export function isTaken(error: unknown): boolean {
  return statusOf(error) === 412;
}

function systemCode(error: unknown): string | null {
  const code = fieldOf(error, 'code');
  if (typeof code === 'string') return code;
  const errors = fieldOf(error, 'errors');
  return Array.isArray(errors) && errors.length > 0 ? systemCode(errors[0]) : null;
}

function isTimeout(error: unknown): boolean {
  return ['TimeoutError', 'AbortError', 'RequestTimeout'].includes(nameOf(error));
}

/** Answers with 400 to a request that was right when it left: it arrived changed, cut off or too slowly. */
const SPOILED_ON_THE_WAY: ReadonlySet<string> = new Set([
  'BadDigest',
  'IncompleteBody',
  'RequestTimeout',
  'XAmzContentChecksumMismatch',
  'XAmzContentSHA256Mismatch',
]);

/** Refused because our clock is off; the SDK has learnt the server's time from the answer and signs the next try by it. */
function isSkewed(error: unknown): boolean {
  return fieldOf(fieldOf(error, '$metadata'), 'clockSkewCorrected') === true;
}

/** Whether the line or the server was at fault, so that the same request may pass the next time. */
function mayPass(error: unknown): boolean {
  const status = statusOf(error);
  if (status === null || status >= 500 || isSkewed(error)) return true;
  // 412 arrives here only where the object was gone again when we looked.
  return [408, 409, 412, 429].includes(status) || SPOILED_ON_THE_WAY.has(nameOf(error));
}

function isWorthAnotherTry(error: unknown): boolean {
  return isAppError(error) ? error.code === 'object-damaged' : mayPass(error);
}

/** Runs `work` up to five times, each under its own deadline; throws the last error as it came. */
export async function withTries<T>(
  tryMs: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await work(AbortSignal.timeout(tryMs));
    } catch (error) {
      if (tried >= TRIES || !isWorthAnotherTry(error)) throw error;
      // Jitter, so that workers that failed together do not come back together.
      await sleep(FIRST_PAUSE_MS * 2 ** (tried - 1) * (0.5 + Math.random()));
    }
  }
}

interface Place {
  readonly key: string;
  readonly where: string;
  readonly bucket: string;
}

/** Nothing signs our requests: neither a key of ours nor what the SDK looks for by itself. */
function hasNoCredentials(error: unknown): boolean {
  return /^(?:CredentialsProviderError|TokenProviderError|ProviderError)$/.test(nameOf(error));
}

/** Names under which S3 refuses a session that has ended; 400 or 403, by the server. */
const EXPIRED: ReadonlySet<string> = new Set([
  'ExpiredToken',
  'ExpiredTokenException',
  'InvalidToken',
  'TokenRefreshRequired',
]);

function deniedMessage(error: unknown, place: Place): string {
  const bucket = JSON.stringify(place.bucket);
  if (nameOf(error) === 'NoSuchBucket') {
    return `bucket ${bucket} does not exist at ${place.where}; create it or name another one`;
  }
  return `${place.where} refused access to bucket ${bucket}; check the access key and its rights`;
}

/** Maps an error of the SDK to the closed list of faults. */
export function storeFault(error: unknown, place: Place): AppError {
  if (isAppError(error)) return error;
  const context = { key: place.key, bucket: place.bucket, status: statusOf(error) };
  const status = statusOf(error);
  const fault = (code: AppError['code'], message: string, retryable: boolean): AppError =>
    new AppError(code, message, { retryable, context, cause: error });
  if (hasNoCredentials(error)) {
    return fault(
      'store-unreachable',
      `nobody gives credentials for ${place.where}: set TRACEMILL_S3_ACCESS_KEY_ID and TRACEMILL_S3_SECRET_ACCESS_KEY_FILE, ` +
        'or see that the role of this machine can be had (web identity, container, instance metadata)',
      true,
    );
  }
  // The answer to a HEAD has no body, and so no name.
  const isNameless =
    status === 400 && /^(?:Unknown|UnknownError|BadRequest|400)?$/.test(nameOf(error));
  if (EXPIRED.has(nameOf(error)) || isNameless) {
    const message = `${place.where} refuses the session of our credentials, which may have ended; see that the role gives new ones`;
    return fault('store-denied', message, true);
  }
  const isRefused = (status === 401 || status === 403) && !isSkewed(error);
  if (nameOf(error) === 'NoSuchBucket' || isRefused) {
    return fault('store-denied', deniedMessage(error, place), false);
  }
  if (isMissing(error)) {
    return fault('object-missing', `object ${JSON.stringify(place.key)} is not there`, false);
  }
  if (isTimeout(error)) {
    return fault('store-timeout', `${place.where} did not answer in time`, true);
  }
  if (mayPass(error)) {
    const why = status === null ? (systemCode(error) ?? nameOf(error)) : `HTTP ${String(status)}`;
    return fault(
      'store-unreachable',
      `the object store at ${place.where} cannot be reached (${why}); start it or check its address`,
      true,
    );
  }
  const refused = `${place.where} refused a request with HTTP ${String(status)} ${nameOf(error)}`;
  return fault('internal', refused, false);
}
