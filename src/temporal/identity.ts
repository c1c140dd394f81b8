// The name that a worker polls under: Temporal shows it, and it carries the slots, which Temporal does not know.
import { hostname } from 'node:os';

/** `4711@host;slots=4`. */
export function workerIdentity(slots: number): string {
  return `${String(process.pid)}@${hostname()};slots=${String(slots)}`;
}

/** Null for an identity of another form. */
export function slotsOfIdentity(identity: string): number | null {
  const match = /;slots=(\d+)$/.exec(identity);
  return match === null ? null : Number(match[1]);
}

/** The machine of an identity; null for one of another form. */
export function hostOfIdentity(identity: string): string | null {
  return /^\d+@([^;]+);/.exec(identity)?.[1] ?? null;
}
