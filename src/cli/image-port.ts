// What the command `image` asks for.
import type { JobEntry } from './ports.ts';

export const IMAGE_NAMES = ['sandbox', 'worker'] as const;
export type ImageName = (typeof IMAGE_NAMES)[number];

export interface PlacedImage {
  /** Null where it was named by its digest alone. */
  readonly name: ImageName | null;
  /** `sha256:…`, as the Docker Engine has it. */
  readonly id: string;
  /** Where it is stored: `s3://BUCKET/images/….tar`, or `REPOSITORY@sha256:…` of a registry. */
  readonly place: string;
  /** Null where a registry has it. */
  readonly bytes: number | null;
  /** `there`: nothing was to be done. */
  readonly how: 'written' | 'loaded' | 'there';
}

/** Throws AppError `image-missing`, `docker-unreachable`, `store-*`, `usage`. */
export interface ImagePort {
  /** `repository`: of a registry; null is the bucket. */
  push(
    names: readonly ImageName[],
    repository: string | null,
    announce: (line: string) => void,
  ): Promise<readonly PlacedImage[]>;
  /** The fingerprint of the environment that the sandbox image makes on this machine. */
  environment(): Promise<string>;
  /** An image by its digest: `sha256:…` from the bucket, `REPOSITORY@sha256:…` from its registry. */
  pull(reference: string): Promise<PlacedImage>;
  /** The sandbox image that a job began with. */
  ofJob(entry: JobEntry): Promise<string>;
}
