// tracemill up: finds or makes every service of the embedded default and a worker.
import type { Answer } from './answers.ts';
import type { Command } from 'commander';
import type { Run } from './context.ts';
import { JSON_FLAG, JSON_HELP } from './context.ts';
import type { JsonOption } from './context.ts';
import { serviceTable } from './service-table.ts';

export function registerUp(program: Command, run: Run): void {
  program
    .command('up')
    .description('find or start all services and a worker')
    .option(JSON_FLAG, JSON_HELP)
    .action((options: JsonOption) =>
      run(options, async ({ gateway, print, isJson }) => {
        const services = await gateway.services();
        const announce = (line: string): void => {
          print.note(line);
        };
        const reports = await services.up(announce);
        if (isJson) print.json({ services: reports } satisfies Answer<'up'>);
        else print.answer(serviceTable(reports, print.paint));
        return 0;
      }),
    );
}
