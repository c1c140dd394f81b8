// Keys and values of the job spec that are part of its language but belong to stages that are not built yet: they are
// refused as such, so that nobody takes a silent nothing for a result.
import type { DocumentProblem } from './problems.ts';

interface NotBuilt {
  readonly path: string;
  /** True where this value needs what is not built; without it the key as such does. */
  readonly when?: (value: unknown) => boolean;
  readonly instead: string;
}

const isOneOf =
  (...names: readonly string[]) =>
  (value: unknown): boolean =>
    typeof value === 'string' && names.includes(value);

const NOT_BUILT: readonly NotBuilt[] = [
  { path: 'trace.packages', instead: 'leave it out; packages are part of the sandbox image' },
  { path: 'trace.python', when: isOneOf('3.11', '3.12', '3.14'), instead: 'write "3.13"' },
  { path: 'limits.candidates', instead: 'write inputs.fuzz.candidates' },
];

/** All values at a path of keys; `[]` stands for every element of a list. */
function valuesAt(document: unknown, path: string): { path: string; value: unknown }[] {
  let found = [{ path: '', value: document }];
  for (const step of path.split('.')) {
    const key = step.replace('[]', '');
    found = found.flatMap(({ path: parent, value }) => {
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, key)) return [];
      const child = (value as Record<string, unknown>)[key];
      const at = parent === '' ? key : `${parent}.${key}`;
      if (!step.endsWith('[]')) return [{ path: at, value: child }];
      if (!Array.isArray(child)) return [];
      return child.map((item: unknown, index) => ({
        path: `${at}[${String(index)}]`,
        value: item,
      }));
    });
  }
  return found;
}

/** What of the document is known but not built yet, one sentence each. */
export function findNotBuilt(document: unknown): DocumentProblem[] {
  return NOT_BUILT.flatMap((entry) =>
    valuesAt(document, entry.path)
      .filter(({ value }) => entry.when === undefined || entry.when(value))
      .map(({ path, value }) => ({
        path,
        message: `${entry.when === undefined ? '' : `${JSON.stringify(value)} `}is not built yet; ${entry.instead}`,
      })),
  );
}
