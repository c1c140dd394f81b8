// Limits as `--limits memory=512MiB` gives them: the keys and units of the job spec.
import type { Limits } from '../contract/limits.ts';
import { AppError } from '../errors.ts';
import { parseJobSpec } from './job-spec.ts';

const FIELDS = {
  events: 'events',
  fuel: 'fuel',
  trace: 'traceBytes',
  output: 'outputBytes',
  memory: 'memoryBytes',
  cpu: 'cpuMs',
  wall: 'wallMs',
} as const satisfies Readonly<Record<string, keyof Limits>>;

type LimitName = keyof typeof FIELDS;

const isName = (name: string): name is LimitName => name in FIELDS;

function splitPair(pair: string): readonly [LimitName, string | number] {
  const at = pair.indexOf('=');
  const name = pair.slice(0, Math.max(at, 0));
  const value = pair.slice(at + 1);
  if (!isName(name) || value === '') {
    throw new AppError(
      'usage',
      `--limits ${JSON.stringify(pair)} is not NAME=VALUE; names are ${Object.keys(FIELDS).join(', ')}`,
    );
  }
  return [name, /^\d+$/.test(value) ? Number(value) : value];
}

/** Throws AppError `usage`, or `spec-invalid` where a value is no limit. */
export function parseLimitOverrides(pairs: readonly string[]): Partial<Limits> {
  const given = Object.fromEntries(pairs.map(splitPair));
  const corpus = [{ kind: 'files', at: '.' }];
  const { limits } = parseJobSpec({ specVersion: 1, corpus, limits: given });
  const names = Object.keys(given).filter(isName);
  return Object.fromEntries(names.map((name) => [FIELDS[name], limits[FIELDS[name]]]));
}
