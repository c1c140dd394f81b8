// The most frequent causes among invocations, each with a few examples. Bounded: causes come from closed lists.
import type { CauseReport } from '../contract/job.ts';
import type { SealedTraceRow } from '../contract/sealed-rows.ts';

/** What a person reads, and what a failure of Temporal's may carry (4 KiB in all). */
const CAUSES_MAX = 5;
const EXAMPLES_MAX = 3;
const NAME_CHARACTERS_MAX = 120;
/** `#` and a number of up to four digits: a function keeps at most 1,000 inputs. */
const INDEX_CHARACTERS = 5;

type Named = Pick<SealedTraceRow, 'function_id' | 'input_index' | 'path' | 'qualname'>;

/** `path::qualname`, or the begin of the function's id where the corpus tells no path. */
export function functionName({ function_id, path, qualname }: Omit<Named, 'input_index'>): string {
  return path === null || qualname === null ? function_id.slice(0, 12) : `${path}::${qualname}`;
}

/** `path::qualname#k`, cut where it is long. */
export function invocationName(named: Named): string {
  const name = functionName(named).slice(0, NAME_CHARACTERS_MAX - INDEX_CHARACTERS);
  return `${name}#${String(named.input_index)}`;
}

export class CauseCount {
  #invocations = 0;
  readonly #causes = new Map<string, { count: number; readonly examples: string[] }>();

  add(seen: { readonly reasons: readonly string[]; readonly name: string }): void {
    this.#invocations += 1;
    for (const reason of seen.reasons) {
      const entry = this.#causes.get(reason) ?? { count: 0, examples: [] };
      this.#causes.set(reason, entry);
      entry.count += 1;
      if (entry.examples.length < EXAMPLES_MAX) {
        entry.examples.push(seen.name.slice(0, NAME_CHARACTERS_MAX));
      }
    }
  }

  report(): CauseReport {
    const causes = [...this.#causes]
      .map(([cause, { count, examples }]) => ({ cause, count, examples }))
      .sort((a, b) => b.count - a.count || (a.cause < b.cause ? -1 : 1))
      .slice(0, CAUSES_MAX);
    return { v: 1, invocations: this.#invocations, causes };
  }
}
