// tracemill launch: starts a job, or finds the one that the same spec on the same corpus already started.
import type { Answer } from './answers.ts';
import type { Command } from 'commander';
import { AppError } from '../errors.ts';
import type { CommandContext, ExitCode, JsonOption, Run } from './context.ts';
import { JSON_FLAG, JSON_HELP } from './context.ts';
import { followJob } from './follow.ts';
import { tellEnd } from './job-end.ts';
import type { LaunchHow, LaunchRequest, LaunchResult } from './ports.ts';

interface LaunchFlags extends JsonOption {
  readonly corpus?: readonly string[];
  readonly name?: string;
  readonly watch?: boolean;
  readonly example?: boolean;
}

const HOW: Readonly<Record<LaunchHow, string>> = {
  started: 'started',
  found: 'found: the same spec on the same corpus was launched before',
  continued: 'continued with its next revision',
};

function requestOf(spec: string | undefined, flags: LaunchFlags): LaunchRequest {
  const corpora = flags.corpus ?? [];
  if (spec === undefined && corpora.length === 0) {
    throw new AppError(
      'usage',
      'nothing to launch: give a job spec, or a corpus as --corpus KIND:WHERE; see `tracemill launch --help`',
    );
  }
  if (spec !== undefined && corpora.length > 0) {
    throw new AppError(
      'usage',
      'a job spec names its corpora; give the spec or --corpus, not both',
    );
  }
  return { specPath: spec ?? null, corpora, name: flags.name ?? null };
}

async function tellLaunched(context: CommandContext, launched: LaunchResult): Promise<void> {
  const { entry, how } = launched;
  const page = await (await context.gateway.services()).pageOf(entry);
  context.print.note(`${entry.workflowId}: ${HOW[how]}`);
  if (page !== null) context.print.note(`  ${page}`);
}

async function launch(
  context: CommandContext,
  request: LaunchRequest,
  flags: LaunchFlags,
): Promise<ExitCode> {
  const { gateway, print } = context;
  const launched = await gateway.launch(request, (line) => {
    print.note(line);
  });
  const { entry, how } = launched;
  if (flags.watch !== true) {
    if (context.isJson)
      print.json({
        how,
        job: entry,
        failure: null,
        causes: null,
        progress: null,
        live: null,
        published: null,
      } satisfies Answer<'launch'>);
    else {
      print.answer(`${entry.workflowId}: ${HOW[how]}`);
      print.answer(`  tracemill status ${entry.workflowId} --watch`);
    }
    return 0;
  }
  await tellLaunched(context, launched);
  const report = await followJob(await gateway.jobs(), entry, context);
  if (report === null) return 130;
  return tellEnd(context, { report, how, withExample: flags.example === true });
}

export function registerLaunch(program: Command, run: Run): void {
  program
    .command('launch')
    .description('trace a corpus: start its job, or find it')
    .argument('[SPEC.yaml]', 'the job spec; docs/job-spec.md has its keys')
    .option(
      '--corpus <KIND:WHERE...>',
      'corpora instead of a spec, for example files:DIR, git:DIR, pypi:LOCK, jsonl:FILE, mbpp:s3://bucket/key, stdlib',
    )
    .option('--name <NAME>', 'name of the job, instead of the one that the spec or corpus gives')
    .option('--watch', 'follow the job until it ends, then print what came of it')
    .option('--example', 'with --watch: print one readable trace at the end')
    .option(JSON_FLAG, JSON_HELP)
    .action((spec: string | undefined, flags: LaunchFlags) =>
      run(flags, (context) => launch(context, requestOf(spec, flags), flags)),
    );
}
