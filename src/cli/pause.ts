// tracemill pause: tells a job to dispatch no more batches until it is resumed.
import type { Command } from 'commander';
import type { Run } from './context.ts';
import { JSON_FLAG, JSON_HELP } from './context.ts';
import type { JsonOption } from './context.ts';
import { steer } from './steer.ts';

export function registerPause(program: Command, run: Run): void {
  program
    .command('pause')
    .description('dispatch no more batches of a job')
    .argument('<JOB>', 'which job')
    .option(JSON_FLAG, JSON_HELP)
    .action((job: string, options: JsonOption) =>
      run(options, (context) => steer(context, job, 'pause')),
    );
}
