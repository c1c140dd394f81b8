// The port to a language model: what activities may ask of it. src/synthesis/model-client.ts implements it.
import type { Usage } from '../core/llm-budget.ts';
import type { LlmSpec } from '../contract/spec.ts';
import type { Message } from './prompt.ts';

export interface ModelRequest {
  readonly messages: readonly Message[];
  readonly llm: LlmSpec;
  /** Tokens that it may take, for the pace. */
  readonly tokensMax: number;
}

export type ModelAnswer =
  | {
      readonly kind: 'reply';
      readonly finish: string | null;
      readonly refusal: boolean;
      readonly content: string | null;
      /** Null where the server does not tell. */
      readonly usage: Usage | null;
    }
  /** The server takes this request for a bad one: too long, or of a form that it does not know. */
  | { readonly kind: 'rejected' };

/**
 * Waits for its turn: so many requests at once, so many a minute, so many tokens a minute. `ask` throws AppError
 * `llm-unreachable` where no answer came in several tries, `llm-denied` where the key, the model or the address is not
 * accepted, and whatever `signal` was aborted with.
 */
export interface ModelPort {
  ask(request: ModelRequest, signal: AbortSignal): Promise<ModelAnswer>;
}
