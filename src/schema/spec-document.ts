// From the text of a spec file (YAML, or JSON, which is YAML) to a plain value. The only importer of yaml.
import { parseDocument } from 'yaml';
import { AppError } from '../errors.ts';
import { parseJobSpec } from './job-spec.ts';
import type { JobSpec } from './job-spec.ts';

/** A spec is written by hand; a thousand times the size of the largest example is a mistake. */
const SPEC_CHARACTERS_MAX = 1024 * 1024;
/** No honest spec repeats an anchor this often; more is a bomb. */
const ALIASES_MAX = 100;

/** `file` is for the message only. Throws AppError `spec-invalid` or `spec-not-built-yet`. */
export function parseSpecText(text: string, file: string): JobSpec {
  const at = JSON.stringify(file);
  if (text.length > SPEC_CHARACTERS_MAX) {
    throw new AppError('spec-invalid', `job spec ${at} is larger than 1 MiB; is it another file?`);
  }
  const document = parseDocument(text, { uniqueKeys: true, version: '1.2' });
  const [error] = document.errors;
  if (error !== undefined) {
    const line = error.linePos?.[0].line;
    const where = line === undefined ? '' : ` line ${String(line)}`;
    const [what] = error.message.split('\n');
    throw new AppError('spec-invalid', `job spec ${at}${where} is no YAML: ${what ?? error.code}`);
  }
  let value: unknown;
  try {
    value = document.toJS({ maxAliasCount: ALIASES_MAX });
  } catch (cause) {
    throw new AppError('spec-invalid', `job spec ${at} repeats an alias too often`, { cause });
  }
  return parseJobSpec(value);
}
