// One SDK runtime per process: its logs, and those of workflows and activities, go into our stream. Signals are not its
// business: src/main/worker.ts drains first and shuts down then.
import { makeTelemetryFilterString, Runtime } from '@temporalio/worker';
import type { LogLevel, LogMetadata, Logger as SdkLogger } from '@temporalio/worker';
import type { Logger } from '../log/logger.ts';
import { metricsBuffer } from './sdk-metrics.ts';

/** Fields of the SDK that are worth a place in a line; the rest would repeat them or carry payloads. */
const FIELDS = [
  'workflowId',
  'activityType',
  'activityId',
  'attempt',
  'taskQueue',
  'error',
] as const;

function pick(meta: LogMetadata | undefined): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  for (const name of FIELDS) {
    const value: unknown = meta?.[name];
    if (value !== undefined) fields[name === 'error' ? 'err' : name] = value;
  }
  return fields;
}

/** A warning of the SDK that is no news here: the queues trace and refine have activities only. */
const EXPECTED = 'No workflows registered, not polling for workflow tasks';

function forward(log: Logger): SdkLogger {
  const write = (level: LogLevel, message: string, meta?: LogMetadata): void => {
    const fields = { service: 'temporal', ...pick(meta) };
    switch (level) {
      case 'ERROR':
        log.error(fields, message);
        return;
      case 'WARN':
        if (message === EXPECTED) log.debug(fields, message);
        else log.warn(fields, message);
        return;
      case 'INFO':
        log.info(fields, message);
        return;
      case 'DEBUG':
      case 'TRACE':
        log.debug(fields, message);
    }
  };
  return {
    log: write,
    trace: (message, meta) => {
      write('TRACE', message, meta);
    },
    debug: (message, meta) => {
      write('DEBUG', message, meta);
    },
    info: (message, meta) => {
      write('INFO', message, meta);
    },
    warn: (message, meta) => {
      write('WARN', message, meta);
    },
    error: (message, meta) => {
      write('ERROR', message, meta);
    },
  };
}

export interface RuntimeOptions {
  /** Whether the SDK measures; `takeSdkUpdates` must then be called every few seconds. */
  readonly withMetrics?: boolean;
}

let isInstalled = false;

/** Call before anything else of the SDK; a second call is ignored, as the process has one runtime. */
export function installRuntime(log: Logger, options: RuntimeOptions = {}): void {
  if (isInstalled) return;
  isInstalled = true;
  Runtime.install({
    logger: forward(log),
    shutdownSignals: [],
    telemetryOptions: {
      logging: {
        forward: {},
        filter: makeTelemetryFilterString({ core: 'WARN', other: 'ERROR' }),
      },
      ...(options.withMetrics === true ? { metrics: { buffer: metricsBuffer() } } : {}),
    },
  });
}
