// tracemill launch: starts a job, or finds the one that the same spec on the same corpus already started.
import type { Answer } from './answers.ts';
import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import { AppError } from '../errors.ts';
import type { CommandContext, ExitCode, JsonOption, Run } from './context.ts';
import { JSON_FLAG, JSON_HELP } from './context.ts';
import { followJob } from './follow.ts';
import { tellEnd } from './job-end.ts';
import { wholeNumber } from './numbers.ts';
import { pilotText, planText } from './pilot-text.ts';
import type { LaunchHow, LaunchRequest, LaunchResult } from './ports.ts';

interface LaunchFlags extends JsonOption {
  readonly pilot?: number;
  readonly seed: number;
  readonly pricePerCoreHour?: number;
  readonly fleet?: string | null;
  readonly dryRun?: boolean;
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

const PILOT_MAX = 100_000;
const SEED_MAX = 1_000_000_000;

function priceOf(text: string): number {
  const price = Number(text);
  if (/^\d*\.?\d+$/.test(text) && Number.isFinite(price)) return price;
  throw new InvalidArgumentError('give a number, for example 0.05');
}

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
  if (flags.dryRun === true && flags.pilot !== undefined) {
    throw new AppError('usage', 'a pilot runs its sample; give --pilot or --dry-run, not both');
  }
  if (flags.fleet != null && flags.dryRun !== true && flags.pilot === undefined) {
    throw new AppError(
      'usage',
      '--fleet says what a job would cost; give it with --pilot or --dry-run',
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

async function dryRun(
  context: CommandContext,
  request: LaunchRequest,
  fleet: string | null,
): Promise<ExitCode> {
  const { gateway, print, isJson } = context;
  const plan = await gateway.planLaunch(request, fleet);
  const nothing = {
    ...{ failure: null, causes: null, progress: null },
    ...{ published: null, cost: null },
  } as const;
  if (isJson) {
    const answer = {
      how: 'dry-run',
      job: null,
      ...nothing,
      live: null,
      pilot: null,
      plan,
    } as const;
    print.json(answer satisfies Answer<'launch'>);
  } else print.answer(planText(plan));
  return 0;
}

async function pilot(
  context: CommandContext,
  request: LaunchRequest,
  { pilot: records = 0, seed, pricePerCoreHour, fleet = null }: LaunchFlags,
): Promise<ExitCode> {
  const { gateway, print, isJson } = context;
  const ask = { records, seed, fleet };
  const launched = await gateway.launchPilot({ ...request, ...ask }, (line) => {
    print.note(line);
  });
  await tellLaunched(context, launched);
  const { how } = launched;
  const report = await followJob(await gateway.jobs(), launched.entry, context);
  if (report === null) return 130;
  const { entry, failure, causes, progress, cost } = report;
  if (entry.state !== 'published') return await tellEnd(context, { report, how });
  const price = pricePerCoreHour ?? null;
  const found = await gateway.estimate({ request, entry, ...ask, pricePerCoreHour: price });
  if (isJson) {
    const state = { job: entry, failure, causes, progress, live: null, published: null, cost };
    print.json({ how, ...state, pilot: found, plan: null } satisfies Answer<'launch'>);
  } else print.answer(pilotText(entry, found));
  return 0;
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
        cost: null,
        pilot: null,
        plan: null,
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
    .option(
      '--pilot <N>',
      'trace a sample of N records first, and say what the whole would give and cost',
      wholeNumber('--pilot', 1, PILOT_MAX),
    )
    .option('--seed <N>', 'with --pilot: which sample', wholeNumber('--seed', 0, SEED_MAX), 1)
    .option(
      '--price-per-core-hour <PRICE>',
      'with --pilot: what a core costs for an hour, to say what the whole costs',
      priceOf,
    )
    .option(
      '--fleet <FILE>',
      'with --pilot or --dry-run: say what the machines of this fleet would cost; docs/fleet.md shows how one looks',
    )
    .option('--dry-run', 'say what would be done and what is there already; start nothing')
    .option('--example', 'with --watch: print one readable trace at the end')
    .option(JSON_FLAG, JSON_HELP)
    .action((spec: string | undefined, flags: LaunchFlags) =>
      run(flags, (context) => {
        const request = requestOf(spec, flags);
        if (flags.dryRun === true) return dryRun(context, request, flags.fleet ?? null);
        return flags.pilot === undefined
          ? launch(context, request, flags)
          : pilot(context, request, flags);
      }),
    );
}
