// What reading a published set again found.

export interface VerifyCheck {
  readonly name: string;
  readonly holds: boolean;
  /** What was compared, or what is wrong. */
  readonly detail: string;
  /** Key of the object at fault; null where the check is about the whole set. */
  readonly object: string | null;
}

export interface Verification {
  readonly set: string;
  readonly objects: number;
  readonly rows: number;
  readonly checks: readonly VerifyCheck[];
}
