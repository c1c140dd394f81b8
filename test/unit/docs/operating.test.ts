// docs/operating.md says of each fault how to recover from it, and its commands are those that there are.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { PUBLISHED } from '../../../infra/dev/compose-images.ts';
import { ANSWERS } from '../../../src/cli/answers.ts';
import { createProgram } from '../../../src/cli/program.ts';
import { ERROR_CODES } from '../../../src/contract/error-code.ts';
import { grantsOf } from '../../support/bucket-policy.ts';

const root = new URL('../../../', import.meta.url);
const page = readFileSync(new URL('docs/operating.md', root), 'utf8');
const [, recovering = ''] = page.split('## Recovering from faults\n');
const sections = recovering.split(/^### /m).slice(1);

test('docs/operating.md has a heading for each error code, in the order of the list, and no other', () => {
  expect(sections.map((section) => section.split('\n', 1)[0])).toEqual([...ERROR_CODES]);
});

test('each of them says what to do', () => {
  const bare = sections.filter(
    (section) => section.split('\n').slice(1).join(' ').trim().length < 60,
  );
  expect(bare).toEqual([]);
});

test('each tracemill command and npm script that the page names is there', () => {
  const commands = [...page.matchAll(/\btracemill ([a-z]+)\b/g)].map(([, name]) => name);
  expect(commands.length).toBeGreaterThan(30);
  const known = new Set(Object.keys(ANSWERS));
  expect(commands.filter((name) => !known.has(name ?? ''))).toEqual([]);
  const { scripts } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as {
    readonly scripts: Readonly<Record<string, string>>;
  };
  const named = [...page.matchAll(/npm run ([a-z:]+)/g)].map(([, name]) => name ?? '');
  expect(named.filter((name) => scripts[name] === undefined)).toEqual([]);
});

/** Lines of shell blocks that call the program, without assignments and what a shell makes of them. */
const calls = [...page.matchAll(/```sh\n([\s\S]*?)```/g)]
  .flatMap(([, block = '']) => block.split('\n'))
  .filter((line) => line.startsWith('tracemill '));

test.each(calls)('`%s` is a command that the program takes', async (line) => {
  let ran = false;
  const program = createProgram('0', () => {
    ran = true;
    return Promise.resolve();
  });
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({ writeErr: () => undefined });
  }
  await program.parseAsync(line.split(' ').slice(1), { from: 'user' });
  expect(ran).toBe(true);
});

test('the table of roles is what the policy documents say', () => {
  const rows = ['trace', 'coordinator', 'llm', 'operator'].map((role) => {
    const grants = grantsOf(role);
    const cells = ['s3:GetObject', 's3:PutObject', 's3:ListBucket', 's3:DeleteObject'].map((action) =>
      grants
        .filter((grant) => grant.action === action)
        .map(({ pattern }) => (pattern === '*' ? 'all' : `\`${pattern.replace(/\*$/, '')}\``))
        .join(', '),
    );
    return `| \`${role}\` | ${cells.map((cell) => cell || '–').join(' | ')} |`;
  });
  expect(page).toContain(rows.join('\n'));
});

interface ComposeFile {
  readonly services: Readonly<
    Record<
      string,
      {
        readonly image: string;
        readonly ports?: readonly string[];
        readonly healthcheck?: unknown;
        readonly restart: string;
        readonly environment?: Readonly<Record<string, string>>;
      }
    >
  >;
}

const compose = parse(readFileSync(new URL('docker-compose.yml', root), 'utf8'), {
  merge: true,
}) as ComposeFile;
const services = Object.entries(compose.services);

test('what docker-compose.yml publishes is on this machine alone, and every port can be chosen', () => {
  const ports = services.flatMap(([, { ports: published = [] }]) => published);
  expect(ports).toHaveLength(5);
  for (const port of ports) {
    expect(port).toMatch(/^127\.0\.0\.1:\$\{TRACEMILL_PORT_[A-Z0-9]+:-\d+\}:\d+$/);
    const variable = /TRACEMILL_PORT(_[A-Z0-9]+)/.exec(port)?.[1] ?? '';
    expect(page).toContain(`\`${variable === '_TEMPORAL' ? 'TRACEMILL_PORT_TEMPORAL' : variable}\``);
  }
});

test('its images are pinned by version, and are those that are made where no registry answers', () => {
  const images = services.map(([, { image }]) => image);
  for (const image of images) {
    expect(image).toMatch(/^\$\{TRACEMILL_[A-Z_0-9]+:-[a-z0-9/.-]+:(?:v?\d+\.\d+[a-z0-9.-]*|compose)\}$/);
  }
  for (const [variable, published] of Object.entries(PUBLISHED)) {
    expect(images).toContain(`\${${variable}:-${published}}`);
  }
});

test('what runs on is restarted and has a health check; what runs once does not', () => {
  for (const [name, { restart, healthcheck }] of services) {
    const isOnce = restart.startsWith('on-failure');
    expect([name, isOnce ? 'on-failure:10' : 'unless-stopped']).toEqual([name, restart]);
    expect([name, healthcheck === undefined]).toEqual([name, isOnce]);
  }
});

test('no variable of it holds a secret', () => {
  for (const [, { environment = {} }] of services) {
    for (const [name, value] of Object.entries(environment)) {
      if (!/PASSWORD|SECRET|TOKEN(?!S_PER)|API_KEY/.test(name)) continue;
      expect([name, value]).toEqual([name, expect.stringMatching(/^\/run\/secrets\//)]);
    }
  }
});
