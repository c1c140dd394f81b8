// What came back of a language model: the document that is stored, and the inputs that it offers. Nothing here knows
// Python; what is offered is read and checked in the sandbox.
import { z } from 'zod';
import type { PromptStatus } from '../contract/sealed-rows.ts';

/** Texts of one input, as the schema of the sandbox bounds them too. */
const INPUT_CHARACTERS_MAX = 20_000;
export const CONTENT_CHARACTERS_MAX = 256 * 1024;

/** Far more than any reply has: a larger number is none. */
export const TOKENS_MAX = 1_000_000_000;
const tokens = z.number().int().min(0).max(TOKENS_MAX);

/** Stored under `replies/<request>`, create-if-absent: an input of the job from then on. */
export const storedReplySchema = z.strictObject({
  v: z.literal(1),
  request: z.string().length(64),
  model: z.string(),
  promptVersion: z.number().int(),
  /** `rejected` has no content: the server refused the request itself. */
  kind: z.enum(['reply', 'rejected']),
  finish: z.string().max(40).nullable(),
  refusal: z.boolean(),
  content: z.string().max(CONTENT_CHARACTERS_MAX).nullable(),
  promptTokens: tokens,
  replyTokens: tokens,
  /** False where the server did not tell; then they are what was set aside. */
  counted: z.boolean(),
});
export type StoredReply = z.infer<typeof storedReplySchema>;

/** JSON Schema for servers that hold a reply to one. */
export const INPUTS_JSON_SCHEMA = {
  type: 'object',
  properties: {
    inputs: {
      type: 'array',
      items: {
        type: 'object',
        properties: { setup: { type: 'string' }, call: { type: 'string' } },
        required: ['setup', 'call'],
        additionalProperties: false,
      },
    },
  },
  required: ['inputs'],
  additionalProperties: false,
} as const;

const offeredSchema = z.object({
  inputs: z.array(
    z.object({
      setup: z.string().max(INPUT_CHARACTERS_MAX).nullish(),
      call: z.string().min(1).max(INPUT_CHARACTERS_MAX),
    }),
  ),
});

export interface OfferedInput {
  readonly setup: string;
  readonly call: string;
}

export interface ReadReply {
  readonly status: PromptStatus;
  readonly inputs: readonly OfferedInput[];
}

/** Without the fence that models like to put around it. */
function unfenced(content: string): string {
  const match = /^\s*```(?:json)?\s*\n([\s\S]*?)\n?```\s*$/.exec(content);
  return match?.[1] ?? content;
}

function parsed(content: string): unknown {
  try {
    return JSON.parse(unfenced(content)) as unknown;
  } catch {
    return null;
  }
}

/** Half a surrogate pair is no UTF-8, and a zero byte no Python. */
function isText(text: string): boolean {
  return !/\p{Surrogate}/u.test(text) && !text.includes('\0');
}

/** At most `max` inputs, in the order of the reply. */
export function readReply(reply: StoredReply, max: number): ReadReply {
  const none = (status: PromptStatus): ReadReply => ({ status, inputs: [] });
  if (reply.kind === 'rejected') return none('rejected');
  if (reply.refusal || reply.finish === 'content_filter') return none('refused');
  if (reply.finish === 'length') return none('truncated');
  const offered = offeredSchema.safeParse(parsed(reply.content ?? ''));
  if (!offered.success) return none('malformed');
  const inputs = offered.data.inputs
    .map(({ setup, call }) => ({ setup: setup ?? '', call }))
    .filter(({ setup, call }) => isText(setup) && isText(call));
  return { status: 'answered', inputs: inputs.slice(0, max) };
}
