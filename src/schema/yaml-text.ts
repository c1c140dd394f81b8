// From the text of a file that people write (YAML, or JSON, which is YAML) to a plain value. The only importer of yaml.
import { parseDocument, stringify } from 'yaml';
import type { ErrorCode } from '../contract/error-code.ts';
import { AppError } from '../errors.ts';

/** Such files are written by hand; a thousand times the size of the largest example is a mistake. */
const CHARACTERS_MAX = 1024 * 1024;
/** No honest document repeats an anchor this often; more is a bomb. */
const ALIASES_MAX = 100;

/** `what` and `file` are for messages. Throws AppError of the code given. */
export function parseYamlText(
  text: string,
  of: { readonly what: string; readonly file: string; readonly code: ErrorCode },
): unknown {
  const at = `${of.what} ${JSON.stringify(of.file)}`;
  if (text.length > CHARACTERS_MAX) {
    throw new AppError(of.code, `${at} is larger than 1 MiB; is it another file?`);
  }
  const document = parseDocument(text, { uniqueKeys: true, version: '1.2' });
  const [error] = document.errors;
  if (error !== undefined) {
    const line = error.linePos?.[0].line;
    const where = line === undefined ? '' : ` line ${String(line)}`;
    const [what] = error.message.split('\n');
    throw new AppError(of.code, `${at}${where} is no YAML: ${what ?? error.code}`);
  }
  try {
    return document.toJS({ maxAliasCount: ALIASES_MAX });
  } catch (cause) {
    throw new AppError(of.code, `${at} repeats an alias too often`, { cause });
  }
}

/** Texts of several lines stay lines. */
export const yamlText = (document: unknown): string => stringify(document, { lineWidth: 0 });
