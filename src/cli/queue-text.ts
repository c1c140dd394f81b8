// The queues of the fleet as lines: pure.
import type { QueueReport } from './ports.ts';
import { grouped } from '../core/grouped.ts';
import { counted, duration } from './table.ts';

/** Slots of the workers that say how many they have. */
function slotsOf({ workers }: QueueReport): number {
  return workers.reduce((sum, { slots }) => sum + (slots ?? 0), 0);
}

function waiting({ backlog, oldestMs }: QueueReport): string {
  if (backlog === 0) return 'nothing waits';
  return `${grouped(backlog)} waiting, the oldest for ${duration(oldestMs)}`;
}

/** `queue trace   8 slots of 2 workers, 14 waiting, the oldest for 3.2 s`: of all jobs. */
export function queueLines(queues: readonly QueueReport[]): string[] {
  // Most jobs ask no language model, and then nobody misses its workers.
  const shown = queues.filter(
    ({ queue, workers, backlog }) => queue !== 'llm' || workers.length > 0 || backlog > 0,
  );
  return shown.map((report) => {
    const { queue, workers } = report;
    const slots =
      workers.length === 0
        ? 'no worker polls'
        : `${counted(slotsOf(report), 'slot')} of ${counted(workers.length, 'worker')}`;
    return `queue ${queue.padEnd(7)} ${slots}, ${waiting(report)}`;
  });
}
