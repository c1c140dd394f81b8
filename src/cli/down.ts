// tracemill down: stops what `up` started for this folder, and nothing else.
import type { Answer } from './answers.ts';
import type { Command } from 'commander';
import type { Run } from './context.ts';
import { JSON_FLAG, JSON_HELP } from './context.ts';
import type { JsonOption } from './context.ts';
import { serviceTable } from './service-table.ts';

export function registerDown(program: Command, run: Run): void {
  program
    .command('down')
    .description('stop what `up` started; the data stays')
    .option(JSON_FLAG, JSON_HELP)
    .action((options: JsonOption) =>
      run(options, async ({ gateway, print, isJson }) => {
        const reports = await (await gateway.services()).down();
        if (isJson) print.json({ services: reports } satisfies Answer<'down'>);
        else if (reports.length === 0) print.answer('Nothing of this folder was running.');
        else print.answer(serviceTable(reports, print.paint));
        return 0;
      }),
    );
}
