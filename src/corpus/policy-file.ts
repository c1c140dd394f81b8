// A quality policy as a user names it: one of the program, or a file.
import type { Policy } from '../contract/policy.ts';
import { DEFAULT_1 } from '../quality/policy.ts';
import { parsePolicyText } from '../schema/policy-document.ts';
import { readNamedFile } from './named-file.ts';

/** Throws AppError `usage` where the file cannot be read, and `policy-invalid`. */
export async function readPolicyFile(named: string, folder: string): Promise<Policy> {
  if (named === DEFAULT_1.name) return DEFAULT_1;
  return parsePolicyText(await readNamedFile('policy', named, folder), named);
}
