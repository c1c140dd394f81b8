// Publishing the traces of a finished job with other texts, as the command sees it.
import type { Announce } from '../cli/ports.ts';
import type { RenderAnswer, RenderAsk } from '../cli/publish-ports.ts';
import { readTextsFile } from '../corpus/texts-file.ts';
import { parseTexts } from '../schema/spec-render.ts';
import { requireSetName } from '../schema/spec-shape.ts';
import { readSetManifest } from '../store/manifest.ts';
import { describeJob, workflowIdOf } from '../temporal/client.ts';
import { planRender, startPublish } from '../temporal/publish-job.ts';
import type { GatewayContext } from './cli-gateway.ts';
import { openClient } from './cli-jobs.ts';
import { withWorker } from './cli-services.ts';
import { s3Of } from './cli-sets.ts';
import { openStore } from './open-store.ts';

/** Throws AppError `usage`, `spec-invalid`, `set-exists`, and those of Temporal and of the store. */
export async function renderJob(
  context: GatewayContext,
  given: { readonly ask: RenderAsk; readonly announce: Announce },
): Promise<RenderAnswer> {
  const { config } = context;
  const { of, set, texts: asked } = given.ask;
  if (set !== null) requireSetName(set);
  const texts =
    'file' in asked
      ? await readTextsFile(asked.file, process.cwd())
      : parseTexts(asked.document, 'texts');
  const store = openStore(context, { s3: await s3Of(context), bucket: of.bucket });
  const manifest = 'workflowId' in of ? null : await readSetManifest(store, of.set);
  const workflowId =
    'workflowId' in of
      ? of.workflowId
      : workflowIdOf(manifest?.spec.name ?? '', manifest?.jobId ?? '');
  const client = await openClient(context);
  const request = {
    job: await describeJob(client, workflowId),
    store,
    queuePrefix: config.queuePrefix,
    slots: config.slots,
    dispatchSeed: config.dispatchSeed,
    set,
    of: manifest?.revision ?? null,
    texts,
    policy: null,
  };
  const planned = await planRender(request);
  await withWorker(context, given.announce, () => startPublish(client, request, planned));
  const { from, revision, spec } = planned;
  return {
    ...{ jobId: request.job.jobId, workflowId, revision, from: from.revision },
    set: spec.output.set,
    formats: texts.render.map(({ format }) => format),
  };
}
