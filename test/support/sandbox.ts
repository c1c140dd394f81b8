// Docker and the sandbox image for tests that need no other service; found or built once.
import { ensureBaseImages } from '../../infra/dev/base-images.ts';
import { devContext } from '../../infra/dev/context.ts';
import { ensureDocker } from '../../infra/dev/docker.ts';
import { ensureSandboxImage } from '../../infra/dev/sandbox-image.ts';
import type { Services } from '../../src/config/services.ts';
import { testConfig, testLog } from './services.ts';

export async function sandboxServices(): Promise<Pick<Services, 'docker' | 'sandboxImage'>> {
  const config = testConfig();
  const context = devContext(config, testLog());
  const docker = await ensureDocker(context);
  if (config.sandboxImage === null) await ensureBaseImages(context, docker.socketPath);
  return { docker, sandboxImage: await ensureSandboxImage(context, docker.socketPath) };
}
