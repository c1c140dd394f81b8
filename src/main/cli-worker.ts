// A worker in the foreground: an interrupt or a request to end drains it; a second one ends it at once.
import { markWorkerReady } from '../../infra/dev/worker-process.ts';
import type { WorkerOptions } from '../cli/ports.ts';
import { createLogger } from '../log/logger.ts';
import type { GatewayContext } from './cli-gateway.ts';
import { bringUp } from './cli-services.ts';
import { runWorkerProcess } from './worker.ts';

/** The usual code of a process that a second interrupt ended: 128 and the number of the signal. */
const FORCED_EXIT = 130;

function stopOnSignals(): { signal: AbortSignal; release: () => void } {
  const stop = new AbortController();
  const onSignal = (): void => {
    if (stop.signal.aborted) process.exit(FORCED_EXIT);
    stop.abort();
  };
  process.on('SIGINT', onSignal);
  process.on('SIGTERM', onSignal);
  return {
    signal: stop.signal,
    release: () => {
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
    },
  };
}

/** Returns when the worker has drained. Throws what runWorkerProcess and the services throw. */
export async function runWorkerCommand(
  context: GatewayContext,
  { roles, slots }: WorkerOptions,
): Promise<void> {
  const { config } = context;
  const log = createLogger({ level: config.logLevel, name: 'worker' });
  const { signal, release } = stopOnSignals();
  try {
    const { services } = await bringUp(context, (line) => {
      log.info({ line }, 'service announced');
    });
    await runWorkerProcess({
      config,
      services,
      log,
      roles,
      slots: slots ?? config.slots,
      stop: signal,
      onReady: () => markWorkerReady(config),
    });
  } finally {
    release();
  }
}
