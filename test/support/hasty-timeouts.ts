// Runs inside the workflow sandbox: activities whose worker is lost fail at their first attempt, a second after it.
import type { WorkflowInterceptorsFactory } from '@temporalio/workflow';

export const interceptors: WorkflowInterceptorsFactory = () => ({
  outbound: [
    {
      scheduleActivity: (input, next) => {
        const { retry, heartbeatTimeout } = input.options;
        if (heartbeatTimeout === undefined) return next(input);
        const hasty = { heartbeatTimeout: '1s', retry: { ...retry, maximumAttempts: 1 } } as const;
        return next({ ...input, options: { ...input.options, ...hasty } });
      },
    },
  ],
});
