// A mistake or a fault becomes one sentence on stderr and an exit code.
import { exitCodeOf, isAppError } from '../errors.ts';
import type { ErrorCode } from '../contract/error-code.ts';
import { withoutSecrets } from '../log/logger.ts';
import { visible } from '../render/visible.ts';
import type { Printer } from './print.ts';

export interface Failure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly exitCode: 1 | 2 | 3;
}

const COMMANDER_EXIT = 2;

function isCommanderError(error: unknown): error is Error & { code: string; exitCode: number } {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('commander.');
}

/** True where commander only printed the help or the version. */
export function isHelp(error: unknown): boolean {
  return isCommanderError(error) && error.exitCode === 0;
}

/** What went wrong, in the words that the user reads; `command` is the one whose help may help. */
export function failureOf(error: unknown, command: string | null = null): Failure {
  if (isAppError(error)) {
    return { code: error.code, message: error.message, exitCode: exitCodeOf(error) };
  }
  if (isCommanderError(error)) {
    const said = error.message.replace(/^error: /, '').replace(/\s*\n\s*/g, ' ');
    const hint = error.code === 'commander.help' ? 'give a command' : said;
    return {
      code: 'usage',
      message: `${hint}; see \`tracemill ${command === null ? '' : `${command} `}--help\``,
      exitCode: COMMANDER_EXIT,
    };
  }
  const message = withoutSecrets(error instanceof Error ? error.message : String(error));
  return { code: 'internal', message: `internal fault: ${message}`, exitCode: 1 };
}

/** Prints a failure to stderr: a sentence for people, one line of JSON for programs. */
export function printFailure(print: Printer, failure: Failure, isJson: boolean): void {
  if (isJson) {
    print.note(JSON.stringify({ error: failure }));
    return;
  }
  print.note(`${print.paintNote('red', 'tracemill:')} ${visible(failure.message)}`);
  if (failure.exitCode !== COMMANDER_EXIT) {
    print.note(print.paintNote('dim', `  ${failure.code}: docs/errors.md says what to do`));
  }
}
