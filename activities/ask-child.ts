// A question to a child that executes a function many times, asked until one answers. An execution that ends its child is
// left out when it is asked again, so that one bad input costs itself only.
import { isAppError } from '../src/errors.ts';
import type { Logger } from '../src/log/logger.ts';
import type { ProbeRun, SandboxSlot } from '../src/sandbox/port.ts';
import type { ProbeSkips } from '../src/schema/probe.ts';

/** After so many lost children the work ends before the execution that took the last one. */
const LOST_MAX = 3;
/** And after so many questions there is no answer: what is lost is not one execution. */
const ASKED_MAX = 12;
/** An end that time or memory decided counts when it comes a second time: the machine may have been short of it. */
const BACKSTOPS: ReadonlySet<string> = new Set(['wall', 'cpu', 'memory']);

export interface AskContext {
  readonly slot: Pick<SandboxSlot, 'probe'>;
  readonly memoryBytes: number;
  readonly signal: AbortSignal;
  readonly log: Logger;
}

export interface Question<Answer> {
  /** Of the function, for the log. */
  readonly entry: string;
  readonly request: (skips: ProbeSkips) => object;
  /** Null where this is no answer. */
  readonly read: (answer: unknown) => Answer | null;
}

/** `lost` says how many children were lost, or what ended them. */
export type Asked<Answer> =
  | { readonly kind: 'answered'; readonly answer: Answer; readonly lost: number }
  | { readonly kind: 'lost'; readonly how: string };

const LOSSES: ReadonlySet<string> = new Set(['sandbox-died', 'wire-violation']);

async function runOnce(context: AskContext, request: object): Promise<ProbeRun> {
  try {
    return await context.slot.probe(request, context.memoryBytes, context.signal);
  } catch (error) {
    if (context.signal.aborted || !isAppError(error) || !LOSSES.has(error.code)) throw error;
    return { answer: null, last: null, how: error.code };
  }
}

/** Throws AppError of the services, and whatever `signal` was aborted with. */
export async function askChild<Answer>(
  context: AskContext,
  { entry, request, read }: Question<Answer>,
): Promise<Asked<Answer>> {
  const leaveOut: number[] = [];
  let stopAt: number | null = null;
  let suspect: number | null = null;
  let how = 'nothing';
  for (let asked = 0; asked < ASKED_MAX; asked += 1) {
    const run = await runOnce(context, request({ leaveOut, stopAt }));
    how = run.how;
    const answer = read(run.answer);
    if (answer !== null) return { kind: 'answered', answer, lost: leaveOut.length };
    const { last } = run;
    context.log.debug({ entry, how, last }, 'a function ended its child');
    if (last === null) continue;
    if (BACKSTOPS.has(how) && suspect !== last) {
      suspect = last;
      continue;
    }
    // The text itself ends its process while it loads.
    if (last === -1) break;
    leaveOut.push(last);
    if (leaveOut.length >= LOST_MAX) stopAt = Math.min(stopAt ?? last, last);
  }
  return { kind: 'lost', how };
}
