// A workflow that forgets to wait for its activity: test/lint.test.ts shows that the linter sees it.
import { proxyActivities } from '@temporalio/workflow';

interface Activities {
  traceBatch(batchIndex: number): Promise<number>;
}

const { traceBatch } = proxyActivities<Activities>({ startToCloseTimeout: '1 minute' });

export async function forgetfulWorkflow(): Promise<number> {
  traceBatch(0);
  return await traceBatch(1);
}
