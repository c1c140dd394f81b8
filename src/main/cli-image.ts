// Images as the command sees them: made by infra/dev, kept in the bucket or a registry.
import { ensureOwnWorkerImage } from '../../infra/dev/worker-image.ts';
import { devContext } from '../../infra/dev/context.ts';
import { imageId } from '../../infra/dev/engine-api.ts';
import { engineImages, requirePortableIds } from '../../infra/dev/engine-images.ts';
import { pullFromRegistry, pushToRegistry } from '../../infra/dev/registry-images.ts';
import type { ImageName, ImagePort, PlacedImage } from '../cli/image-port.ts';
import type { JobEntry } from '../cli/ports.ts';
import type { Services } from '../config/services.ts';
import { environmentsPrefix, imageKey } from '../core/keys.ts';
import { AppError } from '../errors.ts';
import type { ObjectStore } from '../store/object-store.ts';
import { loadImage, storeImage } from '../store/stored-image.ts';
import type { GatewayContext } from './cli-gateway.ts';
import { bringUp } from './cli-services.ts';
import { s3Of } from './cli-sets.ts';
import { openStore } from './open-store.ts';

type Announce = (line: string) => void;

async function idOf(context: GatewayContext, services: Services, name: ImageName): Promise<string> {
  if (name === 'sandbox') return services.sandboxImage.id;
  const { socketPath } = services.docker;
  const { config, log } = context;
  const reference = await ensureOwnWorkerImage(devContext(config, log), socketPath);
  const id = await imageId(socketPath, reference);
  if (id === null) throw new AppError('image-missing', `image ${reference} vanished`);
  return id;
}

const placeIn = (store: ObjectStore, id: string): string => `s3://${store.bucket}/${imageKey(id)}`;

/** Reads the image's id out of what a job's first sandbox left beside it. */
async function imageOfJob(store: ObjectStore, entry: JobEntry): Promise<string> {
  for await (const { key } of store.list(environmentsPrefix(entry.jobId))) {
    const document = JSON.parse(Buffer.from(await store.get(key)).toString('utf8')) as {
      readonly sandboxImage?: { readonly id?: string } | null;
    };
    const id = document.sandboxImage?.id;
    if (id !== undefined) return id;
  }
  throw new AppError(
    'image-missing',
    `job ${JSON.stringify(entry.workflowId)} has not met a sandbox yet, so it names no image`,
  );
}

/** Throws AppError `store-unreachable`. */
export function createImagePort(context: GatewayContext): ImagePort {
  const { config } = context;
  const storeOf = async (bucket: string) => openStore(context, { s3: await s3Of(context), bucket });
  const readyServices = async (announce: Announce): Promise<Services> =>
    (await bringUp(context, announce)).services;
  return {
    push: async (names, repository, announce) => {
      const services = await readyServices(announce);
      const { socketPath } = services.docker;
      const engine = await engineImages(socketPath);
      const images: PlacedImage[] = [];
      if (repository === null) await requirePortableIds(socketPath);
      const store = repository === null ? await storeOf(config.bucket) : null;
      await store?.ensureBucket();
      for (const name of names) {
        const id = await idOf(context, services, name);
        announce(`${name}: storing ${id}`);
        if (repository !== null) {
          const place = await pushToRegistry(socketPath, id, `${repository}/${name}`);
          images.push({ name, id, place, bytes: null, how: 'written' });
        } else if (store !== null) {
          const { bytes, how } = await storeImage(store, engine, id);
          images.push({ name, id, place: placeIn(store, id), bytes, how });
        }
      }
      return images;
    },
    environment: async () => {
      const { probeSandbox } = await import('./probe-sandbox.ts');
      return await probeSandbox(context, await readyServices(() => undefined));
    },
    pull: async (reference) => {
      const engine = await engineImages(config.dockerSocket);
      const there = await engine.idOf(reference);
      if (reference.includes('@')) {
        const id = there ?? (await pullFromRegistry(config.dockerSocket, reference));
        const how = there === null ? 'loaded' : 'there';
        return { name: null, id, place: reference, bytes: null, how };
      }
      const store = await storeOf(config.bucket);
      const how = await loadImage(store, engine, reference);
      return { name: null, id: reference, place: placeIn(store, reference), bytes: null, how };
    },
    ofJob: async (entry) => await imageOfJob(await storeOf(entry.bucket), entry),
  };
}
