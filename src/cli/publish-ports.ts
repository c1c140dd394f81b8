// What the commands publish and render ask, and what they are told.
import type { JobEntry } from './ports.ts';

export interface PublishAsk {
  readonly entry: JobEntry;
  /** `name@version`; null is the next free version of the job's set. */
  readonly set: string | null;
  /** Null is the policy that the job was judged by last. */
  readonly policy: string | null;
}

export interface PublishAnswer {
  /** The revision that begins. */
  readonly revision: number;
  /** The revision whose traces it publishes. */
  readonly from: number;
  readonly set: string;
  readonly policy: string;
}

export interface RenderAsk {
  /** The job whose newest set is rendered, or a set. */
  readonly of: JobEntry | { readonly bucket: string; readonly set: string };
  /** `name@version`; null is the next free version of the job's set. */
  readonly set: string | null;
  /** A file, or what would stand in it. */
  readonly texts: { readonly file: string } | { readonly document: unknown };
}

export interface RenderAnswer extends Omit<PublishAnswer, 'policy'> {
  readonly jobId: string;
  readonly workflowId: string;
  readonly formats: readonly string[];
}
