// Which training texts are wanted, as a user writes it beside a job: `render` and `balance` of a spec in a file of their own.
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { AppError } from '../errors.ts';
import { parseTexts } from '../schema/spec-render.ts';
import type { Texts } from '../schema/spec-render.ts';
import { parseYamlText } from '../schema/yaml-text.ts';

/** Throws AppError `usage` where the file cannot be read, and `spec-invalid`. */
export async function readTextsFile(named: string, folder: string): Promise<Texts> {
  let text: string;
  try {
    text = await readFile(resolve(folder, named), 'utf8');
  } catch (cause) {
    throw new AppError('usage', `file ${JSON.stringify(named)} cannot be read; check the path`, {
      cause,
    });
  }
  const of = { what: 'file', file: named, code: 'spec-invalid' } as const;
  return parseTexts(parseYamlText(text, of), `file ${JSON.stringify(named)}`);
}
