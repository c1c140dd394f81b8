// Lines of an archive: one file each, with where it is from. The same for folders, repositories, packages and programs.
import type { ArchiveRecord } from '../schema/corpus-record.ts';
import { SOURCE_BYTES_MAX } from '../schema/spec-shape.ts';
import { licenseOfSource } from './license/folder.ts';
import type { License } from './license/metadata.ts';

/** What is known of a file beside its bytes. */
export interface FileOrigin {
  readonly path: string;
  readonly repository: string | null;
  readonly commit: string | null;
  /** Of what is around the file. */
  readonly license: License;
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Null where the bytes are no UTF-8. */
export function textOf(bytes: Uint8Array): string | null {
  try {
    return strictUtf8.decode(bytes);
  } catch {
    return null;
  }
}

function provenanceOf({ path, repository, commit }: FileOrigin, { license, source }: License) {
  return {
    path,
    ...(repository === null ? {} : { repository }),
    ...(commit === null ? {} : { commit }),
    ...(license === null ? {} : { license }),
    ...(source === null ? {} : { license_source: source }),
  };
}

/** A file that is read whole; one of other bytes than UTF-8 keeps them. */
export function fileLine(origin: FileOrigin, bytes: Buffer): ArchiveRecord {
  if (bytes.length > SOURCE_BYTES_MAX) return longLine(origin, bytes.length);
  const text = textOf(bytes);
  if (text === null) {
    return { ...provenanceOf(origin, origin.license), base64: bytes.toString('base64') };
  }
  return { ...provenanceOf(origin, licenseOfSource(text, origin.license)), text };
}

/** A file that is too long to be read. */
export function longLine(origin: FileOrigin, bytes: number): ArchiveRecord {
  return { ...provenanceOf(origin, origin.license), bytes };
}

/** What is no file that can be read, with the reason in words. */
export function refusedLine(origin: FileOrigin, refused: string): ArchiveRecord {
  return { ...provenanceOf(origin, origin.license), refused };
}
