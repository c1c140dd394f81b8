// Checks that what belongs together stands in one split: rows of one cluster, of one text and, where the spec says so, of
// one repository.
import type { ObjectEntry } from '../contract/row.ts';
import type { SplitSpec } from '../contract/split.ts';
import { DigestIndex } from '../core/digest-index.ts';
import { IntList } from '../core/int-list.ts';
import { sha256 } from '../identity/digest.ts';
import { openRows, replayedEntries } from './set-files.ts';
import type { SetFiles } from './set-files.ts';

const COLUMNS = ['function_id', 'cluster_id', 'split', 'source', 'repository'] as const;
const PROBLEMS_MAX = 5;

/** The first split in which each of some digests was seen, in 40 to 80 bytes. */
class SplitOf {
  readonly #index = new DigestIndex();
  readonly #splits = new IntList();

  /** The split in which it was seen before, where that is another one. */
  other(digest: string, split: number): number | null {
    const number = this.#index.add(digest);
    if (number === this.#splits.length) this.#splits.push(split);
    const before = this.#splits.at(number);
    return before === split ? null : before;
  }
}

export interface SplitProblem {
  readonly entry: Pick<ObjectEntry, 'key'>;
  readonly problem: string;
}

/** Throws AppError `object-*` and `store-*`. */
export async function splitProblems(files: SetFiles, spec: SplitSpec): Promise<SplitProblem[]> {
  const problems: SplitProblem[] = [];
  const names: string[] = [];
  const seen = { cluster: new SplitOf(), text: new SplitOf(), repository: new SplitOf() };
  for (const entry of replayedEntries(files)) {
    const file = await openRows(files, entry);
    for await (const { rows } of file.columnChunks(COLUMNS)) {
      for (const { function_id, cluster_id, split, source, repository } of rows) {
        if (!names.includes(split)) names.push(split);
        const number = names.indexOf(split);
        const told = (what: string, other: number | null): void => {
          if (other === null || problems.length >= PROBLEMS_MAX) return;
          const problem = `function ${function_id.slice(0, 12)} is in ${split}, and its ${what} also in ${names[other] ?? ''}`;
          problems.push({ entry, problem });
        };
        if (cluster_id === null) problems.push({ entry, problem: 'a row has no cluster' });
        else told('cluster', seen.cluster.other(cluster_id, number));
        told('text', seen.text.other(sha256(source), number));
        if (spec.by === 'repository' && repository !== null) {
          told('repository', seen.repository.other(sha256(repository), number));
        }
      }
    }
  }
  return problems;
}
