// A worker in the foreground: an interrupt or a request to end drains it; a second one ends it at once.
import { markWorkerReady } from '../../infra/dev/worker-process.ts';
import { ensureDataServices } from '../../infra/dev/services.ts';
import type { Announce, WorkerOptions } from '../cli/ports.ts';
import { interruptionNotice } from '../fleet/interruption.ts';
import type { InterruptionSource } from '../fleet/interruption.ts';
import { createLogger } from '../log/logger.ts';
import type { Logger } from '../log/logger.ts';
import type { GatewayContext } from './cli-gateway.ts';
import { bringUp } from './cli-services.ts';
import { stopOnSignals } from './stop-on-signals.ts';
import { runWorkerProcess } from './worker.ts';
import type { WorkerProcess } from './worker.ts';

/** Drains as a signal does, once whoever provides the machine announces its end. */
function stopOnNotice(
  source: InterruptionSource | null,
  { signal, abort, log }: { signal: AbortSignal; abort: () => void; log: Logger },
): void {
  if (source === null) return;
  void interruptionNotice(source, { signal, log }).then((notice) => {
    if (notice === null) return;
    log.warn({ notice }, 'machine is about to end; draining');
    abort();
  });
}

/** Who runs nothing of a corpus needs no Docker, and gets none. */
async function servicesFor(
  context: GatewayContext,
  roles: WorkerOptions['roles'],
  announce: Announce,
): Promise<Pick<WorkerProcess, 'services' | 'sandbox'>> {
  if (roles.includes('trace')) {
    const { services } = await bringUp(context, announce);
    return { services, sandbox: services };
  }
  return { services: await ensureDataServices(context.config, context.log), sandbox: null };
}

/** Returns when the worker has drained. Throws what runWorkerProcess and the services throw. */
export async function runWorkerCommand(
  context: GatewayContext,
  { roles, slots }: WorkerOptions,
): Promise<void> {
  const { config } = context;
  const log = createLogger({ level: config.logLevel, name: 'worker' });
  const { signal, abort, release } = stopOnSignals();
  stopOnNotice(config.interruption, { signal, abort, log });
  try {
    const services = await servicesFor(context, roles, (line) => {
      log.info({ line }, 'service announced');
    });
    await runWorkerProcess({
      config,
      ...services,
      log,
      roles,
      slots: slots ?? config.slots,
      stop: signal,
      onReady: () => markWorkerReady(config, roles),
    });
  } finally {
    release();
  }
}
