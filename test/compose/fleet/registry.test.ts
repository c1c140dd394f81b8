// Images through a registry, Debian's docker-registry: what was pushed is what another machine pulls.
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { freePort } from '../../../infra/dev/processes.ts';
import { pullFromRegistry, pushToRegistry } from '../../../infra/dev/registry-images.ts';
import { dockerCommandAt, hasImage } from '../../support/docker-command.ts';
import { machineImage } from '../../support/machine.ts';
import { testServices } from '../../support/services.ts';

const SOON = { timeout: 30_000 };

test('an image goes to a registry and comes back by its digest as the same image', async () => {
  const { services } = await testServices();
  const { socketPath } = services.docker;
  const docker = dockerCommandAt(socketPath);
  const at = `127.0.0.1:${String(await freePort())}`;
  const folder = await mkdtemp(join(tmpdir(), 'tracemill-registry-'));
  const settings = {
    version: 0.1,
    storage: { filesystem: { rootdirectory: '/tmp/registry' } },
    http: { addr: at },
  };
  await writeFile(join(folder, 'registry.yml'), JSON.stringify(settings));
  await writeFile(join(folder, 'Dockerfile'), 'FROM scratch\nCOPY content /\n');
  await writeFile(join(folder, 'content'), randomUUID());
  const registry = docker(
    ...['run', '--detach', '--rm', '--network', 'host', '--volume', `${folder}:/given:ro`],
    ...[await machineImage(), 'docker-registry', 'serve', '/given/registry.yml'],
  );
  const id = docker('build', '--quiet', folder);
  try {
    const answers = (): Promise<boolean> =>
      fetch(`http://${at}/v2/`).then(
        ({ ok }) => ok,
        () => false,
      );
    await expect.poll(answers, SOON).toBe(true);
    const place = await pushToRegistry(socketPath, id, `${at}/tracemill/sandbox`);
    expect(place).toMatch(new RegExp(`^${at}/tracemill/sandbox@sha256:[0-9a-f]{64}$`));
    docker('image', 'rm', '--force', id);
    expect(hasImage(docker, id)).toBe(false);
    expect(await pullFromRegistry(socketPath, place)).toBe(id);
    const none = `${at}/tracemill/sandbox@sha256:${'0'.repeat(64)}`;
    await expect(pullFromRegistry(socketPath, none)).rejects.toMatchObject({
      code: 'image-missing',
      message: expect.stringContaining('manifest unknown') as string,
    });
  } finally {
    docker('rm', '--force', registry);
    if (hasImage(docker, id)) docker('image', 'rm', '--force', id);
    await rm(folder, { recursive: true, force: true });
  }
});
