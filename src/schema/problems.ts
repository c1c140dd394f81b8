// What is wrong with a document, as zod found it: one sentence for each key.
import type { z } from 'zod';

export interface DocumentProblem {
  /** For example `corpus[0].kind`; empty for the document itself. */
  readonly path: string;
  readonly message: string;
}

/** `["corpus", 0, "at"]` as people write it: `corpus[0].at`. */
function pathText(path: readonly PropertyKey[]): string {
  return path.reduce<string>((text, step) => {
    if (typeof step === 'number') return `${text}[${String(step)}]`;
    return text === '' ? String(step) : `${text}.${String(step)}`;
  }, '');
}

/** `what` names the kind of document and its page. */
export function problemsOf(error: z.ZodError, what: string): DocumentProblem[] {
  return error.issues.flatMap((issue) => {
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({
        path: pathText([...issue.path, key]),
        message: `is no key of the ${what.replace(' (', '; remove it or correct its name (')}`,
      }));
    }
    const first = issue.code === 'invalid_key' ? issue.issues[0] : undefined;
    return [{ path: pathText(issue.path), message: first?.message ?? issue.message }];
  });
}
