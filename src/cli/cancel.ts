// tracemill cancel: stops a job; what it sealed stays and is found again.
import type { Command } from 'commander';
import type { Run } from './context.ts';
import { JSON_FLAG, JSON_HELP } from './context.ts';
import type { JsonOption } from './context.ts';
import { steer } from './steer.ts';

export function registerCancel(program: Command, run: Run): void {
  program
    .command('cancel')
    .description('stop a job; launching again continues it')
    .argument('<JOB>', 'which job')
    .option(JSON_FLAG, JSON_HELP)
    .action((job: string, options: JsonOption) =>
      run(options, (context) => steer(context, job, 'cancel')),
    );
}
