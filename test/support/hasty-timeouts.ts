// Runs inside the workflow sandbox: activities whose worker is lost fail at their first attempt, a second after it.
import type { WorkflowInterceptorsFactory } from '@temporalio/workflow';

export const interceptors: WorkflowInterceptorsFactory = () => ({
  outbound: [
    {
      scheduleActivity: (input, next) => {
        const { options } = input;
        if (options.heartbeatTimeout === undefined) return next(input);
        const hasty = {
          heartbeatTimeout: '1s',
          retry: { ...options.retry, maximumAttempts: 1 },
        } as const;
        return next({ ...input, options: { ...options, ...hasty } });
      },
    },
  ],
});
