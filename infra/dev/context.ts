// What every part of the embedded default is given: configuration, log, and where to say what it is doing.
import type { Config } from '../../src/config/load.ts';
import type { ServiceOrigin } from '../../src/config/services.ts';
import type { Logger } from '../../src/log/logger.ts';

export const SERVICE_NAMES = [
  'docker',
  'base-images',
  'sandbox-image',
  'temporal',
  's3',
  'compose',
] as const;
export type ServiceName = (typeof SERVICE_NAMES)[number];

/** `working`: something takes longer than a moment; `ready`: the service is there, and how it came to be. */
export type ServiceNote =
  | { readonly kind: 'working'; readonly service: ServiceName; readonly detail: string }
  | {
      readonly kind: 'ready';
      readonly service: ServiceName;
      readonly origin: ServiceOrigin;
      /** True where it did not run, or was not there, before this call. */
      readonly made: boolean;
      readonly detail: string;
    };

export interface DevContext {
  readonly config: Config;
  readonly log: Logger;
  readonly note: (note: ServiceNote) => void;
}

export interface DevOptions {
  /** Gets a line for whatever takes time, and one for each service once it is ready. */
  readonly note?: (note: ServiceNote) => void;
}

/** The context of one call: notes go to `options.note`, and to the log at level info. */
export function devContext(config: Config, log: Logger, options: DevOptions = {}): DevContext {
  return {
    config,
    log,
    note: (note) => {
      log.info({ ...note }, 'service noted');
      options.note?.(note);
    },
  };
}
