// tracemill workers: what waits on each queue, and which workers ask for it.
import type { Command } from 'commander';
import type { Answer } from './answers.ts';
import type { CommandContext, ExitCode, JsonOption, Run } from './context.ts';
import { JSON_FLAG, JSON_HELP } from './context.ts';
import { queueLines } from './queue-text.ts';
import { duration, table } from './table.ts';

async function workers({ gateway, print, isJson }: CommandContext): Promise<ExitCode> {
  const queues = await (await gateway.jobs()).fleet();
  if (isJson) {
    print.json({ queues } satisfies Answer<'workers'>);
    return 0;
  }
  for (const line of queueLines(queues)) print.answer(line);
  const now = Date.now();
  const rows = queues.flatMap(({ queue, workers: found }) =>
    found.map(({ identity, slots, polledAtMs }) => [
      queue,
      identity,
      slots === null ? '?' : String(slots),
      `${duration(Math.max(0, now - polledAtMs))} ago`,
    ]),
  );
  if (rows.length > 0) print.answer(`\n${table(['queue', 'worker', 'slots', 'polled'], rows)}`);
  return 0;
}

export function registerWorkers(program: Command, run: Run): void {
  program
    .command('workers')
    .description('say what waits on each queue, and which workers ask for it')
    .option(JSON_FLAG, JSON_HELP)
    .action((options: JsonOption) => run(options, workers));
}
