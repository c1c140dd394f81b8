// The identities that every part shares. An id is a branded lower-case hex SHA-256 digest (64 characters), except
// where its comment says otherwise. src/identity makes them from content; nothing else does.

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** Digest of kind, exact source text with LF line ends, and entry point. */
export type FunctionId = Branded<'FunctionId'>;
/** Digest of the canonical form of (setup, call, stdin). */
export type InputId = Branded<'InputId'>;
/** Digest of functionId, inputId, granularity, scope and limits. */
export type InvocationId = Branded<'InvocationId'>;
/** Digest of invocationId and environment: the id of a published row. */
export type RowId = Branded<'RowId'>;
/** Digest of the normalised syntax tree of a function: for duplicates only, never an identity. */
export type AstDigest = Branded<'AstDigest'>;
/** Fingerprint computed inside the sandbox: interpreter, tracer, library, wheels, machine, fixed seeds and clock. */
export type EnvironmentId = Branded<'EnvironmentId'>;
/** Digest of the resolved spec and the corpus digest. */
export type JobId = Branded<'JobId'>;
/** Digest of what decides a batch's content: pass version, spec part, environment, inputs. */
export type ContentKey = Branded<'ContentKey'>;
/** Any other SHA-256, lower-case hex. */
export type Digest = Branded<'Digest'>;

const HEX_DIGEST = /^[0-9a-f]{64}$/;

/** Casts a string that is already known to be a digest; throws a TypeError where it is not one. */
export function asId<Id extends Branded<string>>(text: string): Id {
  if (!HEX_DIGEST.test(text)) {
    throw new TypeError(`not a SHA-256 in lower-case hex: ${JSON.stringify(text)}`);
  }
  return text as Id;
}
