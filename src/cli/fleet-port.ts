// What the command `fleet` asks for: the loop, and what others ask of it.

/** A fleet as its loop wrote it down last. */
export interface FleetReport {
  readonly fleet: string;
  /** False where no loop runs. */
  readonly isInCharge: boolean;
  readonly holder: string;
  /** Since the epoch: when the loop was heard of last. */
  readonly writtenAtMs: number;
  readonly decidedAtMs: number;
  readonly desired: number;
  readonly window: number;
  readonly reasons: readonly { readonly kind: string; readonly text: string }[];
  readonly machines: readonly {
    readonly id: string;
    readonly state: 'starting' | 'live' | 'leaving';
    readonly launchedAtMs: number;
  }[];
  readonly gone: number;
  readonly interrupted: number;
  readonly batches: number;
  /** Null while nobody knows. */
  readonly slotMs: number | null;
  readonly backlog: number;
  readonly backlogAgeMs: number;
  readonly slotsLive: number;
  readonly slotsBusy: number;
  readonly spent: number;
  readonly fault: { readonly kind: string; readonly message: string } | null;
}

/** Each method takes the path of a fleet's document. Throws AppError `config-invalid`, `usage`, `store-*`. */
export interface FleetPort {
  /** Returns when a signal stopped it, or all is done; false where a signal did. Machines stay as they are. */
  run(file: string, how: { readonly untilDone: boolean }): Promise<boolean>;
  report(file: string): Promise<FleetReport>;
  /** Sets the number of machines; null gives the decision back to the policy. Resolves to the fleet's name. */
  scale(file: string, count: number | null): Promise<string>;
  drain(file: string, vm: string): Promise<string>;
  /** For cloud-init on a machine of the fleet; nothing in it is secret. */
  userData(file: string): Promise<string>;
}
