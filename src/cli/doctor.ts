// tracemill doctor: says of each service, in the order in which they are needed, what is there and what to do.
import type { Answer } from './answers.ts';
import type { Command } from 'commander';
import type { Run } from './context.ts';
import { JSON_FLAG, JSON_HELP } from './context.ts';
import type { JsonOption } from './context.ts';
import type { ServiceReport } from './ports.ts';
import { serviceTable } from './service-table.ts';

function conclusion(reports: readonly ServiceReport[]): string {
  if (reports.some((report) => report.state === 'missing')) return 'Something is missing.';
  return reports.some((report) => report.state === 'can-be-made')
    ? '`tracemill up` makes the rest.'
    : 'Everything is there.';
}

export function registerDoctor(program: Command, run: Run): void {
  program
    .command('doctor')
    .description('say what is there, what is missing, what to do')
    .option(JSON_FLAG, JSON_HELP)
    .action((options: JsonOption) =>
      run(options, async ({ gateway, print, isJson }) => {
        const reports = await (await gateway.services()).diagnose();
        const isWell = reports.every((report) => report.state !== 'missing');
        if (isJson) {
          print.json({ healthy: isWell, services: reports } satisfies Answer<'doctor'>);
        } else {
          print.answer(serviceTable(reports, print.paint));
          print.answer(conclusion(reports));
        }
        return isWell ? 0 : 1;
      }),
    );
}
