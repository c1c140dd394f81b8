// SHA-256 over canonical bytes. Every id of CONTRACTS is made here and nowhere else.
import { createHash } from 'node:crypto';
import { asId } from '../contract/ids.ts';
import type {
  AstDigest,
  ContentKey,
  Digest,
  EnvironmentId,
  FunctionId,
  InputId,
  InvocationId,
  JobId,
  RowId,
} from '../contract/ids.ts';
import type { FunctionKind, Granularity, Scope } from '../contract/function.ts';
import type { Limits } from '../contract/limits.ts';

/** SHA-256 of bytes or of the UTF-8 form of a text, lower-case hex. */
export function sha256(bytes: Uint8Array | string): Digest {
  return asId<Digest>(createHash('sha256').update(bytes).digest('hex'));
}

/**
 * Digest of a list of texts that no other list shares: each text is written as its UTF-8 length in decimal, a colon,
 * and its bytes, after the name of what is digested. Tracer and reader make the same with five lines of Python.
 */
export function digestOf(what: string, fields: readonly string[]): Digest {
  const framed = [`tracemill/${what}/1`, ...fields].map(
    (field) => `${String(Buffer.byteLength(field, 'utf8'))}:${field}`,
  );
  return sha256(framed.join(''));
}

/** JSON with keys in code-unit order at every level and no spaces: one text for one value. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const entries = Object.entries(value)
      .filter(([, item]) => item !== undefined)
      .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
      .map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`);
    return `{${entries.join(',')}}`;
  }
  return JSON.stringify(value);
}

export function toLf(text: string): string {
  return text.replace(/\r\n?/g, '\n');
}

export function functionIdOf(kind: FunctionKind, source: string, entry: string): FunctionId {
  return digestOf('function', [kind, toLf(source), entry]) as string as FunctionId;
}

/** setup and call in the canonical form that CPython's own unparser gives (made at ingest, in the sandbox). */
export function inputIdOf(canonical: { setup: string; call: string; stdin: string }): InputId {
  return digestOf('input', [canonical.setup, canonical.call, canonical.stdin]) as string as InputId;
}

const limitsTexts = new WeakMap<Limits, string>();

/** Canonical JSON of limits, which all invocations of a batch share: made once for each object. */
export function limitsJson(limits: Limits): string {
  const known = limitsTexts.get(limits);
  if (known !== undefined) return known;
  const text = canonicalJson(limits);
  limitsTexts.set(limits, text);
  return text;
}

export function invocationIdOf(parts: {
  functionId: FunctionId;
  inputId: InputId;
  granularity: Granularity;
  scope: Scope;
  limits: Limits;
}): InvocationId {
  const { functionId, inputId, granularity, scope, limits } = parts;
  return digestOf('invocation', [
    functionId,
    inputId,
    granularity,
    scope,
    limitsJson(limits),
  ]) as string as InvocationId;
}

export function rowIdOf(invocationId: InvocationId, environment: EnvironmentId): RowId {
  return digestOf('row', [invocationId, environment]) as string as RowId;
}

/** `dump` is the normalised tree as the analysis in the sandbox prints it. */
export function astDigestOf(dump: string): AstDigest {
  return digestOf('ast', [dump]) as string as AstDigest;
}

export function jobIdOf(resolvedSpec: unknown, corpusDigest: Digest): JobId {
  return digestOf('job', [canonicalJson(resolvedSpec), corpusDigest]) as string as JobId;
}

/** The job's id is no part of it, so that any job finds the sealed object. */
export function contentKeyOf(parts: {
  pass: string;
  passVersion: number;
  specPart: unknown;
  environment: EnvironmentId | null;
  inputDigests: readonly string[];
}): ContentKey {
  return digestOf('content', [
    parts.pass,
    String(parts.passVersion),
    canonicalJson(parts.specPart),
    parts.environment ?? '',
    ...parts.inputDigests,
  ]) as string as ContentKey;
}
