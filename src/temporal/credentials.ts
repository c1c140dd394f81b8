// The files that secure a connection to Temporal, read and checked before anything is sent. No message holds what is in one.
import { X509Certificate, createPrivateKey } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { TemporalSecurity } from '../config/temporal-security.ts';
import { AppError } from '../errors.ts';
import { keepOutOfLogs } from '../log/logger.ts';

export interface TemporalCredentials {
  /** PEM; null are the authorities that this machine trusts. */
  readonly ca: Buffer | null;
  readonly serverName: string | null;
  readonly client: { readonly certificate: Buffer; readonly key: Buffer } | null;
  /** The key as its file holds it now, or held it when it could last be read. */
  readonly apiKey: (() => string) | null;
}

const CA = 'TRACEMILL_TEMPORAL_TLS_CA_FILE';
const CERTIFICATE = 'TRACEMILL_TEMPORAL_TLS_CERT_FILE';
const KEY = 'TRACEMILL_TEMPORAL_TLS_KEY_FILE';
const API_KEY = 'TRACEMILL_TEMPORAL_API_KEY_FILE';

/** A key is replaced days before the old one ends. */
export const API_KEY_FRESH_MS = 30_000;
const BLOCK = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
/** What fits into a header. */
const WORD = /^[\x21-\x7e]+$/;

interface Named {
  readonly variable: string;
  readonly file: string;
}

function fault({ variable, file }: Named, what: string): AppError {
  return new AppError('config-invalid', `${variable} names ${JSON.stringify(file)}, ${what}`);
}

function read(named: Named): Buffer {
  try {
    return readFileSync(named.file);
  } catch (cause) {
    const { code = 'unknown' } = cause as NodeJS.ErrnoException;
    throw fault(named, `which cannot be read (${code})`);
  }
}

function certificatesOf(named: Named, pem: Buffer): readonly X509Certificate[] {
  const blocks = pem.toString('latin1').match(BLOCK) ?? [];
  try {
    if (blocks.length > 0) return blocks.map((block) => new X509Certificate(block));
  } catch {
    // What is not a certificate is said below.
  }
  throw fault(named, 'which holds no certificate in PEM');
}

function requireValid(named: Named, { validFrom, validTo }: X509Certificate): void {
  const now = Date.now();
  if (now > Date.parse(validTo)) {
    throw fault(named, `a certificate that expired on ${validTo}; put a new one there`);
  }
  if (now < Date.parse(validFrom)) {
    throw fault(named, `a certificate that is not valid before ${validFrom}; look at the clock`);
  }
}

function readCa(file: string): Buffer {
  const named = { variable: CA, file };
  const pem = read(named);
  const [first, ...others] = certificatesOf(named, pem);
  // A bundle has old ones beside those in use; one alone must be good.
  if (first !== undefined && others.length === 0) requireValid(named, first);
  return pem;
}

function keyOf(named: Named): KeyObject {
  const pem = read(named);
  try {
    return createPrivateKey(pem);
  } catch {
    throw fault(named, 'which holds no key in PEM, or one with a password');
  }
}

function readClient(files: NonNullable<TemporalSecurity['client']>) {
  const named = { variable: CERTIFICATE, file: files.certificateFile };
  const certificate = read(named);
  const [own] = certificatesOf(named, certificate);
  if (own !== undefined) requireValid(named, own);
  const namedKey = { variable: KEY, file: files.keyFile };
  const key = keyOf(namedKey);
  if (own?.checkPrivateKey(key) === false) {
    throw fault(namedKey, `which is not the key of the certificate that ${CERTIFICATE} names`);
  }
  return { certificate, key: Buffer.from(key.export({ type: 'pkcs8', format: 'pem' })) };
}

function readApiKey(file: string): string {
  const named = { variable: API_KEY, file };
  const key = read(named).toString('utf8').trim();
  if (WORD.test(key)) {
    keepOutOfLogs(key);
    return key;
  }
  throw fault(named, 'which must hold an API key and nothing else');
}

/** Reads the file again once what is known is half a minute old, and keeps it while the file cannot be used. */
function freshApiKey(file: string, now: () => number = Date.now): () => string {
  let key = readApiKey(file);
  let readAtMs = now();
  return () => {
    if (now() - readAtMs < API_KEY_FRESH_MS) return key;
    readAtMs = now();
    try {
      key = readApiKey(file);
    } catch {
      // The file is being replaced, or is gone: the server says whether the old key still holds.
    }
    return key;
  };
}

/** Null is a plain connection. Throws AppError `config-invalid`. */
export function readCredentials(security: TemporalSecurity | null): TemporalCredentials | null {
  if (security === null) return null;
  return {
    ca: security.caFile === null ? null : readCa(security.caFile),
    serverName: security.serverName,
    client: security.client === null ? null : readClient(security.client),
    apiKey: security.apiKeyFile === null ? null : freshApiKey(security.apiKeyFile),
  };
}
