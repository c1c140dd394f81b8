// The search for inputs of one function: asked until a child answers. An execution that ends its child is left out when
// it is asked again, so that one bad candidate costs itself only.
import { isAppError } from '../src/errors.ts';
import type { Logger } from '../src/log/logger.ts';
import type { ProbeRun, SandboxSlot } from '../src/sandbox/port.ts';
import { probeAnswerSchema, probeRequest } from '../src/schema/probe.ts';
import type { ProbeAnswer, ProbeQuestion } from '../src/schema/probe.ts';

/** After so many lost children the search ends before the execution that took the last one. */
const LOST_MAX = 3;
/** And after so many questions there is no answer: what is lost is not one candidate. */
const ASKED_MAX = 12;
/** An end that time or memory decided counts when it comes a second time: the machine may have been short of it. */
const BACKSTOPS: ReadonlySet<string> = new Set(['wall', 'cpu', 'memory']);

export interface ProbeContext {
  readonly slot: Pick<SandboxSlot, 'probe'>;
  readonly memoryBytes: number;
  readonly signal: AbortSignal;
  readonly log: Logger;
}

/** `lost` names what ended the children; the function is then left with the inputs that it had. */
export type Probed =
  | { readonly kind: 'answered'; readonly answer: ProbeAnswer; readonly lost: number }
  | { readonly kind: 'lost'; readonly how: string };

const LOSSES: ReadonlySet<string> = new Set(['sandbox-died', 'wire-violation']);

async function runOnce(context: ProbeContext, request: object): Promise<ProbeRun> {
  try {
    return await context.slot.probe(request, context.memoryBytes, context.signal);
  } catch (error) {
    if (context.signal.aborted || !isAppError(error) || !LOSSES.has(error.code)) throw error;
    return { answer: null, last: null, how: error.code };
  }
}

/** Throws AppError of the services, and whatever `signal` was aborted with. */
export async function probeFunction(
  context: ProbeContext,
  question: ProbeQuestion,
): Promise<Probed> {
  const leaveOut: number[] = [];
  let stopAt: number | null = null;
  let suspect: number | null = null;
  let how = 'nothing';
  for (let asked = 0; asked < ASKED_MAX; asked += 1) {
    const run = await runOnce(context, probeRequest(question, { leaveOut, stopAt }));
    how = run.how;
    const parsed = probeAnswerSchema.safeParse(run.answer);
    if (parsed.success) return { kind: 'answered', answer: parsed.data, lost: leaveOut.length };
    const { last } = run;
    context.log.debug({ entry: question.function.entry, how, last }, 'a search lost its child');
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
