// Names of objects, made in one place (docs/data-set.md has the layout).
import type { PassName } from '../contract/job.ts';

const pad = (index: number): string => String(index).padStart(6, '0');

export const corpusKey = (digest: string): string => `corpora/${digest}`;
export const contentObjectKey = (pass: PassName, contentKey: string): string =>
  `content/${pass}/${contentKey}.parquet`;

/** A sealed object that other jobs must not find: it holds what a fault of this fleet left undone. */
export const jobObjectKey = (jobId: string, pass: PassName, contentKey: string): string =>
  `${jobPrefix(jobId)}sealed/${pass}/${contentKey}.parquet`;

export const jobPrefix = (jobId: string): string => `jobs/${jobId}/`;
export const specKey = (jobId: string): string => `${jobPrefix(jobId)}spec.json`;
/** A quality policy of the job, in its canonical form. */
export const policyKey = (jobId: string, digest: string): string =>
  `${jobPrefix(jobId)}policies/${digest}.json`;
/** By which policies finished revisions were judged, one after another. */
export const judgementsPrefix = (jobId: string): string => `${jobPrefix(jobId)}judgements/`;
export const judgementKey = (jobId: string, number: number): string =>
  `${judgementsPrefix(jobId)}${pad(number)}.json`;
/** The whole fingerprint of a job's environment and, beside it, the image that gave it. */
export const environmentKey = (jobId: string, environment: string): string =>
  `${environmentsPrefix(jobId)}${environment}.json`;
export const environmentsPrefix = (jobId: string): string => `${jobPrefix(jobId)}environments/`;
/** Modules of the sandbox's standard library, as lines; `source` is the place of the entry in the corpus. */
export const libraryKey = (jobId: string, environment: string, source: number): string =>
  `${jobPrefix(jobId)}libraries/${environment}/${String(source)}.jsonl`;
/** Plan of a pass: what each of its batches covers. */
export const planKey = (jobId: string, pass: PassName, digest: string): string =>
  `${jobPrefix(jobId)}plans/${pass}/${digest}.json`;
/** A reply of a language model, by the digest of its request. */
export const replyKey = (request: string): string => `replies/${request}`;
/** An image of Docker as an archive, by the digest of its configuration, which names all of its content. */
export const imageKey = (id: string): string => `images/${id.replace(/^sha256:/, '')}.tar`;
export interface PartAddress {
  readonly jobId: string;
  readonly pass: PassName;
  /** Of the batch, so that parts of another content are never adopted. */
  readonly contentKey: string;
}
/** Scratch: what an attempt made durable on the way; named by batch content and first item, so any attempt adopts it. */
export const partKey = (at: PartAddress, start: number): string =>
  `${partsPrefix(at)}${pad(start)}`;
/** Scratch between refine and publish: a run of rows and a bucket, and the index of all runs of a group. */
export const gatheredKey = (
  at: { readonly jobId: string; readonly contentKey: string; readonly run: string },
  bucket: number,
): string => `${gatheredPrefix(at)}${at.run}-${pad(bucket)}.parquet`;
export const gatheredIndexKey = (at: {
  readonly jobId: string;
  readonly contentKey: string;
}): string => `${gatheredPrefix(at)}index.json`;
const gatheredPrefix = (at: { readonly jobId: string; readonly contentKey: string }): string =>
  partsPrefix({ jobId: at.jobId, pass: 'gather', contentKey: at.contentKey });
export const partsPrefix = ({ jobId, pass, contentKey }: PartAddress): string =>
  `${jobPrefix(jobId)}parts/${pass}/${contentKey}/`;
/** `planDigest` is part of the name, so that another batch size makes other pages and mixes with none. */
export const ledgerPageKey = (at: {
  jobId: string;
  revision: number;
  pass: PassName;
  planDigest: string;
  batchIndex: number;
}): string => `${ledgerPagesPrefix(at)}${pad(at.batchIndex)}.json`;
export const ledgerPagesPrefix = (at: {
  jobId: string;
  revision: number;
  pass: PassName;
  planDigest: string;
}): string =>
  `${jobPrefix(at.jobId)}ledger-pages/${String(at.revision)}/${at.pass}/${at.planDigest.slice(0, 16)}/`;

export const revisionPrefix = (jobId: string, revision: number): string =>
  `${jobPrefix(jobId)}revisions/${String(revision)}/`;
export const revisionManifestKey = (jobId: string, revision: number): string =>
  `${revisionPrefix(jobId, revision)}manifest.json`;
export interface VerificationAddress {
  readonly jobId: string;
  readonly revision: number;
  /** Of the replay, from 1. */
  readonly number: number;
}
export const verificationsPrefix = (jobId: string, revision: number): string =>
  `${revisionPrefix(jobId, revision)}verifications/`;
/** Of one replay as a whole, and of each published file. */
export const verificationKey = ({ jobId, revision, number }: VerificationAddress): string =>
  `${verificationsPrefix(jobId, revision)}${String(number)}.json`;
export const verificationFileKey = (at: VerificationAddress, file: number): string =>
  `${verificationsPrefix(at.jobId, at.revision)}${String(at.number)}/${pad(file)}.json`;
/** The spec of a revision that retries another one; the first and those that launch continues use the job's own. */
export const revisionSpecKey = (jobId: string, revision: number): string =>
  `${revisionPrefix(jobId, revision)}spec.json`;
/** Where the end of a revision is told: an address of the operator's, beside the data and never in it. */
export const noticeAddressKey = (jobId: string, revision: number): string =>
  `${revisionPrefix(jobId, revision)}notify.json`;
/** There once the address has taken the notice. */
export const noticeSentKey = (jobId: string, revision: number, state: string): string =>
  `${revisionPrefix(jobId, revision)}notified-${state}.json`;
export const revisionEndKey = (
  jobId: string,
  revision: number,
  end: 'cancelled' | 'failed',
): string => `${revisionPrefix(jobId, revision)}${end}.json`;

/** `set` is `name@version`. */
export function setPrefix(set: string): string {
  const at = set.lastIndexOf('@');
  return `sets/${set.slice(0, at)}/${set.slice(at + 1)}/`;
}
/** Results that may stand for one another: of one version of a pass, in one environment, under the same rules. */
export interface ResultSpace {
  readonly pass: 'probe' | 'trace';
  readonly digest: string;
}

/** Where the results of a space lie, by their result key. */
export const resultIndexPrefix = ({ pass, digest }: ResultSpace): string =>
  `index/${pass}/${digest.slice(0, 32)}/`;
export const resultIndexKey = (space: ResultSpace, name: string): string =>
  `${resultIndexPrefix(space)}${name}`;
/** Scratch: what a revision need not run of a batch of a pass, in pieces. */
export const foundResultsPrefix = (at: {
  readonly jobId: string;
  readonly revision: number;
  readonly planDigest: string;
  readonly pass: PassName;
  readonly batchIndex: number;
}): string =>
  `${jobPrefix(at.jobId)}parts/found/${String(at.revision)}-${at.planDigest.slice(0, 16)}/${at.pass}/${pad(at.batchIndex)}/`;
/** Who publishes under a name, one claim after another; the highest one holds. */
export const setClaimsPrefix = (set: string): string =>
  setPrefix(set).replace(/^sets/, 'index/publish');
export const setClaimKey = (set: string, claim: number): string =>
  `${setClaimsPrefix(set)}${pad(claim)}.json`;
/** The folder holds nothing of the claims before. */
export const setClearedKey = (set: string, claim: number): string =>
  `${setClaimsPrefix(set)}${pad(claim)}-cleared`;
export const setManifestKey = (set: string): string => `${setPrefix(set)}manifest.json`;
/** The tables that the pass publish writes. */
export type SetTable = 'traces' | 'rejected' | 'ledger';
/** Relative to the set: `traces/train-00000-of-00064.parquet`. */
export function tableFile(
  table: SetTable | 'text',
  split: string,
  { part, parts }: { readonly part: number; readonly parts: number },
): string {
  const five = (n: number): string => String(n).padStart(5, '0');
  return `${table}/${split}-${five(part)}-of-${five(parts)}.parquet`;
}
