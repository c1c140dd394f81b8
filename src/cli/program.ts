// The command line: which commands there are, and how a run of it ends.
import { Command } from 'commander';
import type { CommandContext, ExitCode, Register, Run } from './context.ts';
import { registerCancel } from './cancel.ts';
import { registerDoctor } from './doctor.ts';
import { registerDown } from './down.ts';
import { failureOf, isHelp, printFailure } from './failure.ts';
import { registerFleet } from './fleet.ts';
import { registerImage } from './image.ts';
import { registerJobs } from './jobs.ts';
import { registerLaunch } from './launch.ts';
import { registerPause } from './pause.ts';
import type { Gateway } from './ports.ts';
import { createPrinter } from './print.ts';
import type { Sink } from './print.ts';
import { registerResume } from './resume.ts';
import { registerDelete } from './delete.ts';
import { registerExport } from './export.ts';
import { registerDiff } from './diff.ts';
import { registerJudge } from './judge.ts';
import { registerPublish } from './publish.ts';
import { registerSample } from './sample.ts';
import { registerRender } from './render.ts';
import { registerRetry } from './retry.ts';
import { registerScale } from './scale.ts';
import { registerSweep } from './sweep.ts';
import { registerWorkers } from './workers.ts';
import { registerShow } from './show.ts';
import { registerStatus } from './status.ts';
import { registerUp } from './up.ts';
import { registerUserData } from './user-data.ts';
import { registerVerify } from './verify.ts';
import { registerWhy } from './why.ts';
import { registerWorker } from './worker.ts';

const GROUPS: readonly (readonly [string, readonly Register[]])[] = [
  [
    'Services:',
    [
      ...[registerUp, registerDown, registerDoctor, registerWorker, registerWorkers],
      ...[registerFleet, registerUserData, registerImage],
    ],
  ],
  [
    'Jobs:',
    [
      ...[registerLaunch, registerStatus, registerJobs, registerCancel, registerPause],
      ...[registerResume, registerScale, registerRetry, registerDelete],
    ],
  ],
  [
    'Data:',
    [
      ...[registerShow, registerWhy, registerSample, registerJudge, registerPublish],
      ...[registerRender, registerDiff, registerExport, registerVerify, registerSweep],
    ],
  ],
];

const AFTER_HELP = `
A JOB is @last, the name of a job, or a unique prefix of its id; a SET is name@version.
Exit codes: 0 done, 1 the job or a check failed, 2 wrong usage or configuration,
3 a service cannot be reached, 130 interrupted.`;

/** The whole program without anything behind it: enough for \`--help\` and for the pages that are made of it. */
export function createProgram(version: string, run: Run): Command {
  const program = new Command('tracemill')
    .description('Turns Python functions into verified execution traces.')
    .usage('COMMAND [OPTIONS]')
    .version(version, '--version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .helpCommand(false)
    .showSuggestionAfterError(true)
    .configureHelp({ showGlobalOptions: false, helpWidth: 100 })
    .addHelpText('after', AFTER_HELP);
  for (const [title, registers] of GROUPS) {
    program.commandsGroup(title);
    for (const register of registers) register(program, run);
  }
  return program;
}

export interface CliOptions {
  /** Without the interpreter and the script. */
  readonly argv: readonly string[];
  readonly version: string;
  readonly out: Sink;
  readonly err: Sink;
  readonly gateway: () => Promise<Gateway>;
  /** Aborted on interrupt. */
  readonly signal: AbortSignal;
}

/** Runs one command line and resolves to its exit code; never rejects. */
export async function runCli(options: CliOptions): Promise<ExitCode | 2 | 3> {
  const print = createPrinter(options.out, options.err);
  let exitCode: ExitCode = 0;
  const run: Run = async (flags, body) => {
    const context: CommandContext = {
      gateway: await options.gateway(),
      print,
      isJson: flags.json === true,
      signal: options.signal,
    };
    exitCode = await body(context);
  };
  const program = createProgram(options.version, run);
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({
      writeOut: (text) => options.out.write(text),
      writeErr: () => undefined,
      getOutHasColors: () => false,
    });
  }
  try {
    await program.parseAsync([...options.argv], { from: 'user' });
    return exitCode;
  } catch (error) {
    if (isHelp(error)) return 0;
    if (options.signal.aborted) return 130;
    const named = program.commands.find((command) => command.name() === options.argv[0]);
    const failure = failureOf(error, named?.name() ?? null);
    printFailure(print, failure, options.argv.includes('--json'));
    return failure.exitCode;
  }
}
