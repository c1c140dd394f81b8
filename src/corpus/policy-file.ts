// A quality policy as a user names it: one of the program, or a file.
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Policy } from '../contract/policy.ts';
import { AppError } from '../errors.ts';
import { DEFAULT_1 } from '../quality/policy.ts';
import { parsePolicyText } from '../schema/policy-document.ts';

/** Throws AppError `usage` where the file cannot be read, and `policy-invalid`. */
export async function readPolicyFile(named: string, folder: string): Promise<Policy> {
  if (named === DEFAULT_1.name) return DEFAULT_1;
  let text: string;
  try {
    text = await readFile(resolve(folder, named), 'utf8');
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown';
    const why = code === 'ENOENT' ? 'is not there; check the path' : `cannot be read (${code})`;
    throw new AppError('usage', `policy ${JSON.stringify(named)} ${why}`, { cause });
  }
  return parsePolicyText(text, named);
}
