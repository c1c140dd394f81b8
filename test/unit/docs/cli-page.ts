// Makes docs/cli.md out of the program's own help and the schemas of its answers.
import { z } from 'zod';
import { ANSWERS } from '../../../src/cli/answers.ts';
import { createProgram } from '../../../src/cli/program.ts';

const INTRODUCTION = `# The command line

This page is made of the program: \`npx vitest run test/unit/docs -u\` writes it anew, and a test compares it.

Answers go to stdout; progress, notes and logs to stderr. On a terminal the progress of a job is one live line, in a pipe it is a plain
line now and then. With \`--json\` a command prints exactly one JSON document to stdout, whose fields are listed here; a failure then is one line on
stderr, \`{"error":{"code","message","exitCode"}}\`, with a code of [errors](errors.md). Colours are used on a terminal only, and not where
\`NO_COLOR\` is set.
`;

interface JsonSchema {
  /** Several names where null is one of them. */
  readonly type?: string | string[];
  readonly const?: unknown;
  readonly enum?: readonly string[];
  readonly anyOf?: readonly JsonSchema[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly additionalProperties?: JsonSchema | boolean;
}

/** A type that may be null is a union of itself and null. */
function withoutNull(schema: JsonSchema): { schema: JsonSchema; isNullable: boolean } {
  if (Array.isArray(schema.type)) {
    const [type] = schema.type.filter((name) => name !== 'null');
    return { schema: { ...schema, ...(type === undefined ? {} : { type }) }, isNullable: true };
  }
  const others = (schema.anyOf ?? []).filter((option) => option.type !== 'null');
  const [only] = others;
  if (schema.anyOf === undefined || only === undefined) return { schema, isNullable: false };
  const description = schema.description ?? only.description;
  return {
    schema: description === undefined ? only : { ...only, description },
    isNullable: true,
  };
}

function typeText(schema: JsonSchema): string {
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.join(', ');
  if (schema.type === 'array') return `list of ${typeText(schema.items ?? {})}`;
  if (schema.type === 'object' && schema.properties === undefined) return 'object by name';
  return typeof schema.type === 'string' ? schema.type : 'anything';
}

function fieldRows(schema: JsonSchema, path: string): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, given]) => {
    const { schema: field, isNullable } = withoutNull(given);
    const inner = field.type === 'array' ? (field.items ?? {}) : field;
    const at = `${path}${name}`;
    const below = fieldRows(inner, `${at}${field.type === 'array' ? '[]' : ''}.`);
    const type = `${typeText(field)}${isNullable ? ' or null' : ''}`;
    return [`| \`${at}\` | ${type} | ${field.description ?? ''} |`, ...below];
  });
}

function answerTable(schema: z.ZodType): string {
  const rows = fieldRows(z.toJSONSchema(schema) as JsonSchema, '');
  return ['| field | type | |', '|---|---|---|', ...rows].join('\n');
}

/** The whole page. */
export function cliPage(): string {
  const program = createProgram('0.1.0', () => Promise.resolve());
  const page = [INTRODUCTION];
  let help = '';
  program.configureOutput({
    writeOut: (text) => {
      help += text;
    },
  });
  program.outputHelp();
  page.push(`\`\`\`text\n${help.trimEnd()}\n\`\`\`\n`);
  for (const command of program.commands) {
    const name = command.name();
    const schema = Object.entries(ANSWERS).find(([answer]) => answer === name)?.[1];
    page.push(`## ${name}\n`, `\`\`\`text\n${command.helpInformation().trimEnd()}\n\`\`\`\n`);
    if (schema !== undefined) page.push(`With \`--json\`:\n\n${answerTable(schema)}\n`);
  }
  return page.join('\n');
}
