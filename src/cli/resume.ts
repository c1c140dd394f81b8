// tracemill resume: lets a paused job go on.
import type { Command } from 'commander';
import type { Run } from './context.ts';
import { JSON_FLAG, JSON_HELP } from './context.ts';
import type { JsonOption } from './context.ts';
import { steer } from './steer.ts';

export function registerResume(program: Command, run: Run): void {
  program
    .command('resume')
    .description('let a paused job go on')
    .argument('<JOB>', 'which job')
    .option(JSON_FLAG, JSON_HELP)
    .action((job: string, options: JsonOption) =>
      run(options, (context) => steer(context, job, 'resume')),
    );
}
