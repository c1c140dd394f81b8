// A moment or a duration as the server's interface has it.

interface Stamp {
  readonly seconds?: { toString(): string } | number | null;
  readonly nanos?: number | null;
}

/** Milliseconds; 0 where there is none. */
export const msOf = (stamp: Stamp | null | undefined): number =>
  Math.round(Number(stamp?.seconds?.toString() ?? 0) * 1_000 + (stamp?.nanos ?? 0) / 1e6);
