// tracemill jobs: the jobs that Temporal knows, newest first.
import type { Answer } from './answers.ts';
import type { Command } from 'commander';
import type { JsonOption, Run } from './context.ts';
import { JSON_FLAG, JSON_HELP } from './context.ts';
import { JOBS_LISTED_MAX, newestRevisions } from './job-ref.ts';
import { duration, moment, table } from './table.ts';

export function registerJobs(program: Command, run: Run): void {
  program
    .command('jobs')
    .description('list the jobs, newest first')
    .option(JSON_FLAG, JSON_HELP)
    .action((options: JsonOption) =>
      run(options, async ({ gateway, print, isJson }) => {
        const entries = newestRevisions(await (await gateway.jobs()).list(JOBS_LISTED_MAX));
        if (isJson) {
          print.json({ jobs: entries } satisfies Answer<'jobs'>);
          return 0;
        }
        if (entries.length === 0) {
          print.answer('No job was launched yet; start one with `tracemill launch`.');
          return 0;
        }
        const now = Date.now();
        const rows = entries.map((entry) => [
          entry.workflowId,
          entry.state,
          moment(entry.startedAtMs),
          duration((entry.endedAtMs ?? now) - entry.startedAtMs),
          entry.set,
        ]);
        print.answer(table(['job', 'state', 'started', 'took', 'set'], rows));
        return 0;
      }),
    );
}
