// Mistakes on the command line: one sentence, exit code 2; help and version need nothing.
import { expect, test } from 'vitest';
import { AppError } from '../../../src/errors.ts';
import type { ErrorCode } from '../../../src/contract/error-code.ts';
import { tracemill } from './fake-gateway.ts';

const MISTAKES: readonly (readonly [string, readonly string[], RegExp])[] = [
  ['no command at all', [], /^tracemill: give a command; see `tracemill --help`\n$/],
  ['an unknown command', ['launhc'], /unknown command 'launhc' \(Did you mean launch\?\)/],
  ['an unknown option', ['jobs', '--jsn'], /unknown option '--jsn' \(Did you mean --json\?\)/],
  [
    'a missing argument',
    ['why', 'job'],
    /missing required argument 'THING'; see `tracemill why --help`\n$/,
  ],
  ['an argument too many', ['jobs', 'x'], /too many arguments for 'jobs'/],
  ['a launch of nothing', ['launch'], /nothing to launch: give a job spec, or a corpus/],
  [
    'a launch of a spec and a corpus',
    ['launch', 'a.yaml', '--corpus', 'jsonl:b'],
    /give the spec or --corpus, not both/,
  ],
  [
    'a role that does not exist',
    ['worker', '--roles', 'cook'],
    /"cook" is no role; give a list of/,
  ],
  ['slots that are no number', ['worker', '--slots', 'many'], /give a whole number from 1 to 256/],
  ['a job where none was launched', ['status'], /no job was launched yet; start one with/],
  [
    'a job that is not there',
    ['show', 'nothing'],
    /there is no job "nothing"; `tracemill jobs` lists/,
  ],
];

for (const [what, argv, sentence] of MISTAKES) {
  test(`${what} gets one sentence on stderr and exit code 2`, async () => {
    const { code, out, err } = await tracemill(argv);
    expect(err).toMatch(sentence);
    expect(err.trimEnd().split('\n')).toHaveLength(1);
    expect(out).toBe('');
    expect(code).toBe(2);
  });
}

const FAULTS: readonly (readonly [ErrorCode, number])[] = [
  ['corpus-missing', 2],
  ['spec-invalid', 2],
  ['temporal-unreachable', 3],
  ['store-unreachable', 3],
  ['docker-unreachable', 3],
  ['object-damaged', 1],
];

for (const [code, exitCode] of FAULTS) {
  test(`a fault ${code} ends a command with exit code ${String(exitCode)} and its sentence`, async () => {
    const fail = new AppError(code, `the subject "x" is wrong; do this`);
    const told = await tracemill(['launch', 'spec.yaml'], { fail });
    expect(told.err.split('\n')[0]).toBe('tracemill: the subject "x" is wrong; do this');
    expect(told.code).toBe(exitCode);
  });
}

test('with --json a failure is one line of JSON on stderr and stdout stays empty', async () => {
  const fail = new AppError('docker-unreachable', 'no Docker Engine answers');
  const { code, out, err } = await tracemill(['doctor', '--json'], { fail });
  expect(JSON.parse(err)).toEqual({
    error: { code: 'docker-unreachable', message: 'no Docker Engine answers', exitCode: 3 },
  });
  expect(out).toBe('');
  expect(code).toBe(3);
});

test('an error of the program itself is told as an internal fault with exit code 1', async () => {
  const { code, err } = await tracemill(['launch', 'spec.yaml']);
  expect(err).toContain('tracemill: internal fault: the test gave no launch');
  expect(code).toBe(1);
});

test('--help and --version print to stdout, ask nothing of the gateway and exit with 0', async () => {
  const help = await tracemill(['--help']);
  expect(help.out).toMatch(/^Usage: tracemill COMMAND/);
  expect(help.code).toBe(0);
  const version = await tracemill(['--version']);
  expect(version).toMatchObject({ out: '0.0.0-test\n', err: '', code: 0 });
});

test('a control character in a message is printed as an escape', async () => {
  const fail = new AppError('corpus-missing', 'corpus "a\u001b[2Jb" is not there');
  const { err } = await tracemill(['launch', 'spec.yaml'], { fail });
  expect(err).toContain('corpus "a\\x1b[2Jb" is not there');
});
