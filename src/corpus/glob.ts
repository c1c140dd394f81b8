// Globs over paths. The only importer of picomatch.
import picomatch from 'picomatch';

export interface GlobParts {
  /** What stands before the first part with a wildcard; empty where there is none. */
  readonly base: string;
  readonly glob: string;
}

/** Null where the text has no wildcard. */
export function globParts(text: string): GlobParts | null {
  const { isGlob, base, glob } = picomatch.scan(text);
  return isGlob ? { base, glob } : null;
}

/** Whether a path with slashes fits. Names that begin with a dot fit where the glob spells the dot. */
export function globMatcher(glob: string): (path: string) => boolean {
  const matches = picomatch(glob);
  return (path) => matches(path);
}
