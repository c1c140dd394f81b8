// Bundles the workflows once, at build time, so that a worker starts without webpack.
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';

/** Code of the bundle; `workflowsPath` is workflows/index, compiled or as TypeScript. */
export async function bundleWorkflows(workflowsPath: string): Promise<string> {
  const { code } = await bundleWorkflowCode({
    workflowsPath,
    logger: new DefaultLogger('WARN'),
  });
  return code;
}
