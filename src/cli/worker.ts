// tracemill worker: a worker process in the foreground, until it is told to stop.
import type { Answer } from './answers.ts';
import { InvalidArgumentError } from 'commander';
import type { Command } from 'commander';
import type { Run } from './context.ts';
import { JSON_FLAG, JSON_HELP } from './context.ts';
import type { JsonOption } from './context.ts';

const ROLES = ['job', 'trace', 'llm', 'refine'] as const;
/** The role llm needs a key, so it is taken by who asks for it. */
const ROLES_DEFAULT: readonly Role[] = ['job', 'trace', 'refine'];
type Role = (typeof ROLES)[number];
/** The same bound as TRACEMILL_SLOTS. */
const SLOTS_MAX = 256;

interface WorkerFlags extends JsonOption {
  readonly roles: readonly Role[];
  readonly slots?: number;
}

function parseRoles(text: string): Role[] {
  const roles = text.split(',').map((role) => role.trim());
  const known = ROLES.filter((role) => roles.includes(role));
  const strange = roles.find((role) => !ROLES.some((name) => name === role));
  if (strange !== undefined || known.length === 0) {
    throw new InvalidArgumentError(
      `${JSON.stringify(strange ?? text)} is no role; give a list of ${ROLES.join(', ')}`,
    );
  }
  if (known.includes('llm') && known.includes('trace')) {
    throw new InvalidArgumentError(
      'llm and trace do not go together: the key of a language model has no place beside code of a corpus; run two workers',
    );
  }
  return known;
}

function parseSlots(text: string): number {
  const slots = Number(text);
  if (!Number.isInteger(slots) || slots < 1 || slots > SLOTS_MAX) {
    throw new InvalidArgumentError(`give a whole number from 1 to ${String(SLOTS_MAX)}`);
  }
  return slots;
}

export function registerWorker(program: Command, run: Run): void {
  program
    .command('worker')
    .description('run a worker in the foreground')
    .option(
      '--roles <LIST>',
      'what it does: job, trace, refine, separated by commas; llm asks language models, and not beside trace',
      parseRoles,
      [...ROLES_DEFAULT],
    )
    .option('--slots <N>', 'sandboxes at a time; TRACEMILL_SLOTS without it', parseSlots)
    .option(JSON_FLAG, JSON_HELP)
    .action((options: WorkerFlags) =>
      run(options, async ({ gateway, print, isJson }) => {
        const request = { roles: options.roles, slots: options.slots ?? null };
        await gateway.runWorker(request);
        if (isJson) print.json({ ...request, drained: true } satisfies Answer<'worker'>);
        return 0;
      }),
    );
}
