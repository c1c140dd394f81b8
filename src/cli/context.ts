// What each command is given, and the exit codes it may return.
import type { Command } from 'commander';
import type { Gateway } from './ports.ts';
import type { Printer } from './print.ts';

/** 0 done · 1 the job or check failed · 130 interrupted. Mistakes (2) and services (3) are thrown as AppError. */
export type ExitCode = 0 | 1 | 130;

export interface CommandContext {
  readonly gateway: Gateway;
  readonly print: Printer;
  /** True where the answer is one JSON document. */
  readonly isJson: boolean;
  /** Aborted on interrupt. */
  readonly signal: AbortSignal;
}

export interface JsonOption {
  readonly json?: boolean;
}

/** Runs the body of a command and keeps its exit code. */
export type Run = (
  options: JsonOption,
  body: (context: CommandContext) => Promise<ExitCode>,
) => Promise<void>;

export type Register = (program: Command, run: Run) => void;

export const JSON_FLAG = '--json';
export const JSON_HELP = 'print one JSON document instead of text (docs/cli.md has its fields)';
