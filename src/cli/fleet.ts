// tracemill fleet: the machines that serve the queue trace, the loop that decides how many there are, and what is asked of it.
import type { Command } from 'commander';
import { AppError } from '../errors.ts';
import type { Answer } from './answers.ts';
import type { CommandContext, ExitCode, JsonOption, Run } from './context.ts';
import { JSON_FLAG, JSON_HELP } from './context.ts';
import { explainLines, fleetLines } from './fleet-text.ts';

interface FleetFlags extends JsonOption {
  readonly fleet: string;
  readonly untilDone?: boolean;
}

interface Asked {
  readonly what: string | undefined;
  readonly flags: FleetFlags;
}

type Action = (context: CommandContext, asked: Asked) => Promise<ExitCode>;

const MACHINES_MAX = 1_000;

function refuseWhat(action: string, what: string | undefined): void {
  if (what === undefined) return;
  throw new AppError(
    'usage',
    `fleet ${action} takes nothing more; ${JSON.stringify(what)} is too much`,
  );
}

const run: Action = async ({ gateway, print, isJson }, { what, flags }) => {
  refuseWhat('run', what);
  const fleet = await gateway.fleet();
  const isDone = await fleet.run(flags.fleet, { untilDone: flags.untilDone === true });
  const report = await fleet.report(flags.fleet);
  if (isJson) print.json(report satisfies Answer<'fleet'>);
  else for (const line of fleetLines(report, Date.now())) print.answer(line);
  return isDone ? 0 : 130;
};

const show =
  (action: 'status' | 'explain'): Action =>
  async ({ gateway, print, isJson }, { what, flags }) => {
    refuseWhat(action, what);
    const report = await (await gateway.fleet()).report(flags.fleet);
    const lines = action === 'status' ? fleetLines : explainLines;
    if (isJson) print.json(report satisfies Answer<'fleet'>);
    else for (const line of lines(report, Date.now())) print.answer(line);
    return 0;
  };

function countOf(what: string | undefined): number | null {
  if (what === 'auto') return null;
  if (what !== undefined && /^\d+$/.test(what) && Number(what) <= MACHINES_MAX) return Number(what);
  throw new AppError(
    'usage',
    `fleet scale needs a number of machines up to ${String(MACHINES_MAX)}, or auto, which lets the policy decide again`,
  );
}

const scale: Action = async ({ gateway, print, isJson }, { what, flags }) => {
  const count = countOf(what);
  const port = await gateway.fleet();
  const name = await port.scale(flags.fleet, count);
  if (isJson) print.json((await port.report(flags.fleet)) satisfies Answer<'fleet'>);
  else {
    const told =
      count === null ? 'as many machines as the policy decides' : `${String(count)} machines`;
    print.answer(`${name} is to have ${told}; its loop does so within a round.`);
  }
  return 0;
};

const drain: Action = async ({ gateway, print, isJson }, { what, flags }) => {
  if (what === undefined)
    throw new AppError(
      'usage',
      'fleet drain needs the name of a machine, as `fleet status` lists it',
    );
  const port = await gateway.fleet();
  const name = await port.drain(flags.fleet, what);
  if (isJson) print.json((await port.report(flags.fleet)) satisfies Answer<'fleet'>);
  else print.answer(`${what} of ${name} is asked to leave; its batches go on elsewhere.`);
  return 0;
};

const ACTIONS: Readonly<Record<string, Action>> = {
  run,
  status: show('status'),
  explain: show('explain'),
  scale,
  drain,
};

function actionOf(name: string): Action {
  const action = ACTIONS[name];
  if (action !== undefined) return action;
  const known = Object.keys(ACTIONS).join(', ');
  throw new AppError('usage', `fleet ${JSON.stringify(name)} is not one of ${known}`);
}

export function registerFleet(program: Command, runCommand: Run): void {
  program
    .command('fleet')
    .description(
      'run machines for the queue trace: as many as the work, the deadline and the budget ask for',
    )
    .argument('<ACTION>', 'run, status, explain, scale N, scale auto, or drain MACHINE')
    .argument('[WHAT]', 'a number of machines, or the name of one')
    .option('--fleet <FILE>', 'the document of the fleet', 'fleet.yaml')
    .option('--until-done', 'run: end once no job runs and no machine is left')
    .option(JSON_FLAG, JSON_HELP)
    .action((action: string, what: string | undefined, flags: FleetFlags) =>
      runCommand(flags, (context) => actionOf(action)(context, { what, flags })),
    );
}
