// The port to whoever provides machines, and what may go wrong there. A provider never decides: it describes, makes as many
// machines as it is told, asks one to leave, and ends one. docs/fleet.md shows how another cloud is added.
import { AppError } from '../errors.ts';

export type VmState =
  /** Being started, or running: whether its worker asks for work only Temporal can tell. */
  | 'running'
  /** Asked to leave by us or by the provider; its worker hands its batches back. */
  | 'draining'
  /** It runs no more; `terminate` removes what is left of it. */
  | 'ended';

export interface FleetVm {
  /** The provider's name of it. */
  readonly id: string;
  /** As its worker's identity tells it. */
  readonly host: string;
  readonly state: VmState;
  /** Since the epoch; null where the provider does not tell. */
  readonly launchedAtMs: number | null;
  /** Why it ended, as far as the provider knows; null elsewhere. */
  readonly note: string | null;
}

export interface FleetDescription {
  /** How many machines the provider keeps or makes now. */
  readonly desired: number;
  readonly vms: readonly FleetVm[];
}

/** Every method throws ProviderError, and may be repeated after any failure. */
export interface FleetProvider extends AsyncDisposable {
  readonly kind: string;
  /** Where the machines are, for messages. */
  readonly place: string;
  /** Machines of this fleet alone. */
  describe(signal: AbortSignal): Promise<FleetDescription>;
  /**
   * Makes machines until there are so many that do not drain. Never ends one: with fewer than there are it only stops making more.
   */
  setDesired(count: number, signal: AbortSignal): Promise<void>;
  /**
   * Asks a machine to leave and returns at once: its worker takes no new batch and hands back those it has. It is not replaced. One that
   * is gone is success.
   */
  drain(id: string, signal: AbortSignal): Promise<void>;
  /** Ends a machine now, and removes what is left of it; it is not replaced. One that is gone is success. */
  terminate(id: string, signal: AbortSignal): Promise<void>;
}

/** Why a provider did not do as it was told; docs/fleet.md has a line for each. */
export type ProviderTrouble =
  'throttled' | 'no-capacity' | 'unreachable' | 'denied' | 'not-found' | 'machine-fails' | 'other';

const CODES = {
  throttled: 'service-not-available',
  'no-capacity': 'service-not-available',
  unreachable: 'service-not-available',
  denied: 'config-invalid',
  'not-found': 'config-invalid',
  'machine-fails': 'service-not-available',
  other: 'service-not-available',
} as const;

export class ProviderError extends AppError {
  readonly trouble: ProviderTrouble;

  constructor(trouble: ProviderTrouble, message: string, cause?: unknown) {
    const retryable = CODES[trouble] === 'service-not-available';
    super(CODES[trouble], message, { retryable, context: { trouble }, cause });
    this.name = 'ProviderError';
    this.trouble = trouble;
  }
}
