// Which training texts are wanted, as a user writes it beside a job: `render` and `balance` of a spec in a file of their own.
import { parseTexts } from '../schema/spec-render.ts';
import type { Texts } from '../schema/spec-render.ts';
import { parseYamlText } from '../schema/yaml-text.ts';
import { readNamedFile } from './named-file.ts';

/** Throws AppError `usage` where the file cannot be read, and `spec-invalid`. */
export async function readTextsFile(named: string, folder: string): Promise<Texts> {
  const text = await readNamedFile('file', named, folder);
  const of = { what: 'file', file: named, code: 'spec-invalid' } as const;
  return parseTexts(parseYamlText(text, of), `file ${JSON.stringify(named)}`);
}
