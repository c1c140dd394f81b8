// What tracer/synthesis/outputs.py is asked and what it answers, checked as any answer of a sandbox is.
import { z } from 'zod';
import type { FunctionPayload } from '../contract/sealed-rows.ts';
import type { ProbeSkips } from './probe.ts';

/** Of one request. */
export const CALLS_MAX = 256;
/** As much as a text of 2,000 code points in containers of a hundred can be (tracer/synthesis/run.py). */
const VALUE_MAX = 1024 * 1024;

export const outputsAnswerSchema = z.strictObject({
  v: z.literal(1),
  /** Literals in the order of the calls; null where a call ended otherwise, or no literal says what it returned. */
  values: z.array(z.string().max(VALUE_MAX).nullable()).max(CALLS_MAX),
});

export type Callable = Pick<FunctionPayload, 'kind' | 'source' | 'entry'>;

export interface Calls {
  readonly calls: readonly string[];
  /** Calls and backward jumps of one of them. */
  readonly fuel: number;
}

export function outputsRequest(
  { kind, source, entry }: Callable,
  { calls, fuel }: Calls,
  { leaveOut, stopAt }: ProbeSkips,
): object {
  return { v: 1, kind, source, entry, calls, fuel, leave_out: leaveOut, stop_at: stopAt };
}
