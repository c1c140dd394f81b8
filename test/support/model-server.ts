// An OpenAI-compatible server on this machine that follows a script: what a model says, and how a server fails.
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { listenLocally } from './local-server.ts';

export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly { readonly role: string; readonly content: string }[];
  readonly max_tokens?: number;
  readonly response_format?: { readonly type: string };
}

/** What is answered: inputs, any content, or a failure of the server. */
export type Step =
  | { readonly inputs: readonly { readonly setup?: string; readonly call: string }[] }
  | { readonly content: string; readonly finish?: string; readonly usage?: 'none' }
  | { readonly refusal: string }
  | {
      readonly status: number;
      readonly retryAfter?: string;
      readonly location?: string;
      readonly body?: string;
    }
  /** The answer ends in the middle, never ends, stands still somewhere, or is of another form. */
  | { readonly broken: Breakage };

type Breakage =
  | 'cut'
  | 'cut-in-head'
  | 'endless'
  | 'hang'
  | 'hang-in-head'
  | 'hang-in-body'
  | 'no-json'
  | 'no-choices'
  | 'page';

/** `tried` counts from 0 for each prompt. */
export type Script = (asked: string, tried: number, request: ChatRequest) => Step;

export interface RunningModel extends AsyncDisposable {
  readonly port: number;
  /** The base URL on this machine. */
  readonly url: string;
  readonly requests: {
    readonly asked: string;
    readonly key: string | null;
    readonly atMs: number;
    readonly request: ChatRequest;
  }[];
  /** Tokens of all replies that were sent whole. */
  readonly billed: () => { readonly prompt: number; readonly reply: number };
  /** Most requests at once. */
  readonly atOnceMax: () => number;
}

/** The name in `Write 8 inputs for \`name\`.` */
function askedIn({ messages }: ChatRequest): string {
  return /inputs for `([^`]*)`/.exec(messages.at(-1)?.content ?? '')?.[1] ?? '';
}

/** Some number for each text, the same each time: no real tokens. */
export const tokensOf = (text: string): number => Math.ceil(text.length / 4);

function completion(request: ChatRequest, step: Step) {
  const content =
    'inputs' in step
      ? JSON.stringify({ inputs: step.inputs.map((each) => ({ setup: '', ...each })) })
      : 'content' in step
        ? step.content
        : null;
  const refusal = 'refusal' in step ? step.refusal : null;
  const finish_reason = ('content' in step ? step.finish : undefined) ?? 'stop';
  const prompt = request.messages.reduce((sum, each) => sum + tokensOf(each.content), 0);
  const reply = tokensOf(content ?? refusal ?? '');
  const usage = { prompt_tokens: prompt, completion_tokens: reply, total_tokens: prompt + reply };
  const isSilent = 'content' in step && step.usage === 'none';
  return {
    ...{ id: 'reply', object: 'chat.completion', created: 0, model: request.model },
    choices: [
      { index: 0, finish_reason, message: { role: 'assistant', content, refusal }, logprobs: null },
    ],
    ...(isSilent ? {} : { usage }),
  };
}

function breakDown(response: ServerResponse, how: Breakage): void {
  const json = { 'content-type': 'application/json' };
  switch (how) {
    case 'hang':
      return;
    case 'hang-in-head':
      response.socket?.write('HTTP/1.1 200 OK\r\ncontent-');
      return;
    case 'cut-in-head':
      response.socket?.end('HTTP/1.1 200 OK\r\ncontent-');
      return;
    case 'hang-in-body':
      response.writeHead(200, json).write('{"id":');
      return;
    case 'cut':
      response.writeHead(200, { ...json, 'content-length': '5000' }).write('{"id":"reply","cho');
      setTimeout(() => response.destroy(), 20);
      return;
    case 'endless': {
      response.writeHead(200, json);
      const piece = Buffer.alloc(256 * 1024, ' ');
      const more = (): void => {
        if (!response.destroyed) response.write(piece, more);
      };
      more();
      return;
    }
    case 'no-json':
      response.writeHead(200, json).end('<html>maintenance</html>');
      return;
    case 'page':
      response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Please log in</h1>');
      return;
    case 'no-choices':
      response.writeHead(200, json).end('{"object":"chat.completion"}');
  }
}

async function bodyOf(request: IncomingMessage): Promise<ChatRequest> {
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  return JSON.parse(Buffer.concat(pieces).toString('utf8')) as ChatRequest;
}

/** Serves until it is disposed; `host` is the address that it listens at. */
export async function serveModel(script: Script, host = '127.0.0.1'): Promise<RunningModel> {
  const requests: RunningModel['requests'] = [];
  const tried = new Map<string, number>();
  const billed = { prompt: 0, reply: 0 };
  let atOnce = 0;
  let atOnceMax = 0;
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await bodyOf(request);
    const asked = askedIn(body);
    const nth = tried.get(asked) ?? 0;
    tried.set(asked, nth + 1);
    const key = request.headers.authorization ?? null;
    requests.push({ asked, key, atMs: Date.now(), request: body });
    const step = script(asked, nth, body);
    if ('broken' in step) {
      breakDown(response, step.broken);
      return;
    }
    if ('status' in step) {
      const { status, retryAfter, location } = step;
      response.writeHead(status, {
        'content-type': 'application/json',
        ...(retryAfter === undefined ? {} : { 'retry-after': retryAfter }),
        ...(location === undefined ? {} : { location }),
      });
      // A server may repeat the key in its words.
      response.end(step.body ?? JSON.stringify({ error: { message: `no, ${String(key)}` } }));
      return;
    }
    const made = completion(body, step);
    billed.prompt += made.usage?.prompt_tokens ?? 0;
    billed.reply += made.usage?.completion_tokens ?? 0;
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(made));
  };
  const server = createServer((request, response) => {
    atOnce += 1;
    atOnceMax = Math.max(atOnceMax, atOnce);
    response.once('close', () => (atOnce -= 1));
    answer(request, response).catch(() => response.destroy());
  });
  const { port, close } = await listenLocally(server, host);
  return {
    port,
    url: `http://127.0.0.1:${String(port)}/v1`,
    requests,
    billed: () => ({ ...billed }),
    atOnceMax: () => atOnceMax,
    [Symbol.asyncDispose]: close,
  };
}
