// The search for inputs of one function in a child of the sandbox.
import { probeAnswerSchema, probeRequest } from '../src/schema/probe.ts';
import type { ProbeAnswer, ProbeQuestion } from '../src/schema/probe.ts';
import { askChild } from './ask-child.ts';
import type { AskContext, Asked } from './ask-child.ts';

/** A function whose search is lost is left with the inputs that it had. */
export type Probed = Asked<ProbeAnswer>;

/** Throws AppError of the services, and whatever `signal` was aborted with. */
export async function probeFunction(context: AskContext, question: ProbeQuestion): Promise<Probed> {
  return await askChild(context, {
    entry: question.function.entry,
    request: (skips) => probeRequest(question, skips),
    read: (answer) => probeAnswerSchema.safeParse(answer).data ?? null,
  });
}
