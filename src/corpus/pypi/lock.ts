// Lock files of packages: requirements with digests, as pip takes them, and pylock.toml (PEP 751). Which version and which
// digests, and nothing else: where files are fetched is the configuration's.
import { parse, TomlError } from 'smol-toml';
import { z } from 'zod';
import { unreadable } from '../failure.ts';

export interface LockedPackage {
  /** Normalised as the simple API wants it (PEP 503). */
  readonly name: string;
  readonly version: string;
  /** SHA-256 digests of the files that may be taken. */
  readonly digests: ReadonlySet<string>;
}

const PACKAGES_MAX = 100_000;
/** A lock file of so many packages with twenty digests each. */
export const LOCK_BYTES_MAX = 256 * 1024 * 1024;

export function normalName(name: string): string {
  return name.toLowerCase().replace(/[-_.]+/g, '-');
}

const REQUIREMENT =
  /^([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[[^\]]*\])?\s*===?\s*([A-Za-z0-9][A-Za-z0-9.!+_-]*)\s*(?:;[^#]*)?$/;
const DIGEST = /--hash[= ]sha256:([0-9a-f]{64})(?=\s|$)/g;
const OTHER_DIGEST = /--hash[= ]\S+/g;

/** Lines with their first number from 1; a backslash at the end of one joins the next to it. */
function logicalLines(text: string): { readonly number: number; readonly text: string }[] {
  const joined: { number: number; text: string }[] = [];
  let isOpen = false;
  for (const [index, line] of text.replace(/\r\n?/g, '\n').split('\n').entries()) {
    const isContinued = /\\\s*$/.test(line) && !/^\s*#/.test(line);
    const bare = isContinued ? line.replace(/\\\s*$/, ' ') : line;
    const last = joined.at(-1);
    if (isOpen && last !== undefined) last.text += bare;
    else joined.push({ number: index + 1, text: bare });
    isOpen = isContinued;
  }
  return joined;
}

function parseRequirements(text: string, shown: string): LockedPackage[] {
  return logicalLines(text).flatMap(({ number, text: line }) => {
    const bare = line.replace(/(^|\s)#.*$/, '').trim();
    if (bare === '') return [];
    const at = `line ${String(number)}`;
    if (bare.startsWith('-')) {
      const [option = ''] = bare.split(/[\s=]/, 1);
      throw unreadable(
        shown,
        `${at} has the option ${option}, which is not read; the index is TRACEMILL_PYPI_INDEX`,
      );
    }
    const digests = new Set(Array.from(bare.matchAll(DIGEST), ([, digest = '']) => digest));
    const [, name, version] = REQUIREMENT.exec(bare.replace(OTHER_DIGEST, '').trim()) ?? [];
    if (name === undefined || version === undefined) {
      throw unreadable(shown, `${at} is no name==version with --hash=sha256:…; lock it by version`);
    }
    if (digests.size === 0) {
      throw unreadable(shown, `${at} names no --hash=sha256:…; lock ${name} with its digests`);
    }
    return [{ name: normalName(name), version, digests }];
  });
}

const file = z.object({ hashes: z.record(z.string(), z.string()) });
const pylockSchema = z.object({
  'lock-version': z.string().regex(/^1\./),
  packages: z.array(
    z.object({
      name: z.string().min(1),
      version: z.string().optional(),
      wheels: z.array(file).optional(),
      sdist: file.optional(),
    }),
  ),
});

function parsePylock(text: string, shown: string): LockedPackage[] {
  let document: unknown;
  try {
    document = parse(text);
  } catch (cause) {
    const line = cause instanceof TomlError ? ` line ${String(cause.line)}` : '';
    throw unreadable(shown, `is no TOML:${line}`, cause);
  }
  const parsed = pylockSchema.safeParse(document);
  if (!parsed.success) {
    const where = parsed.error.issues[0]?.path.join('.') ?? '';
    throw unreadable(shown, `is no pylock.toml of version 1: ${where || 'the document'} is wrong`);
  }
  return parsed.data.packages.map(({ name, version, wheels = [], sdist }) => {
    const files = sdist === undefined ? wheels : [...wheels, sdist];
    const digests = new Set(
      files.map(({ hashes }) => hashes['sha256']).filter((digest) => digest !== undefined),
    );
    if (version === undefined || digests.size === 0) {
      throw unreadable(
        shown,
        `package ${name} has no wheel or sdist with a sha256; folders, archives and repositories are not read`,
      );
    }
    return { name: normalName(name), version, digests };
  });
}

/** By name and version, each once, with all digests of it. Throws AppError `corpus-unreadable`. */
export function parseLock(text: string, shown: string): LockedPackage[] {
  const isToml = /\.toml$/.test(shown) || /^\s*lock-version\s*=/m.test(text);
  const found = isToml ? parsePylock(text, shown) : parseRequirements(text, shown);
  const merged = new Map<string, LockedPackage>();
  for (const { name, version, digests } of found) {
    const key = `${name}==${version}`;
    const known = merged.get(key)?.digests ?? [];
    merged.set(key, { name, version, digests: new Set([...known, ...digests]) });
  }
  if (merged.size > PACKAGES_MAX) {
    throw unreadable(shown, `locks more than ${String(PACKAGES_MAX)} packages; split it`);
  }
  return [...merged].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, each]) => each);
}
