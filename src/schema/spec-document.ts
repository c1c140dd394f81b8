// A spec file: its text to a checked spec.
import { parseJobSpec } from './job-spec.ts';
import type { JobSpec } from './job-spec.ts';
import { parseYamlText } from './yaml-text.ts';

/** `file` is for the message only. Throws AppError `spec-invalid` or `spec-not-built-yet`. */
export function parseSpecText(text: string, file: string): JobSpec {
  return parseJobSpec(parseYamlText(text, { what: 'job spec', file, code: 'spec-invalid' }));
}
