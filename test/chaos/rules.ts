// Requests of a job by what they are for, and rules of the proxy over them.
import type { Fault, FaultRule, SeenRequest } from '../support/fault-proxy.ts';

export type When = (request: Pick<SeenRequest, 'method' | 'key' | 'isList'>) => boolean;

/** Writes of objects whose key holds this text. */
export const writes =
  (part: string): When =>
  ({ method, key }) =>
    method === 'PUT' && key.includes(part);

/** Reads of them. */
export const reads =
  (part: string): When =>
  ({ method, key, isList }) =>
    method === 'GET' && !isList && key.includes(part);

/** An attempt of a trace batch looks for parts before it runs its first function. */
export const listsParts: When = ({ isList, key }) => isList && key.includes('/parts/trace/');
export const writesPart = writes('/parts/trace/');
export const writesTrace = writes('content/trace/');
export const readsTrace = reads('content/trace/');
export const writesTracePage: When = ({ method, key }) =>
  method === 'PUT' && key.includes('/ledger-pages/') && key.includes('/trace/');

/** One of every kind of write that a job makes, in the order in which it makes them. */
export const WRITES: readonly When[] = [
  writes('/plans/'),
  writes('content/ingest/'),
  writes('/ledger-pages/'),
  writesPart,
  writesTrace,
  writes('sets/mixed/v1/traces/'),
  writes('sets/mixed/v1/manifest.json'),
];

/** And of every kind of read. */
export const READS: readonly When[] = [
  reads('corpora/'),
  reads('spec.json'),
  reads('/ledger-pages/'),
  readsTrace,
  listsParts,
  ({ method }) => method === 'HEAD',
];

export const each = (which: readonly When[], fault: Fault, times = 1): FaultRule[] =>
  which.map((when) => ({ when, times, fault }));

/** The server's refusal, without the server. */
export const answer = (status: number, code: string): Fault => ({ kind: 'answer', status, code });
