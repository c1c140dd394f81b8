// Runs inside the workflow sandbox: attempts that lose their worker fail at once, a second after it. All others keep their
// time, since a busy machine falls silent for a second too.
import type { WorkflowInterceptorsFactory } from '@temporalio/workflow';
import type { BatchInput } from '../../src/contract/job.ts';
import { killerWatch } from './killer.ts';

export const interceptors: WorkflowInterceptorsFactory = () => {
  const kills = killerWatch();
  return {
    outbound: [
      {
        scheduleActivity: (input, next) => {
          const { options, args } = input;
          if (!kills(args[0] as BatchInput)) return next(input);
          const hasty = {
            heartbeatTimeout: '1s',
            retry: { ...options.retry, maximumAttempts: 1 },
          } as const;
          return next({ ...input, options: { ...options, ...hasty } });
        },
      },
    ],
  };
};
