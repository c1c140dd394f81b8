// A machine that is about to be taken away, behind a port: whoever provides machines says so in its own way, and a worker
// drains as it does on SIGTERM. A spot machine of AWS gets two minutes, a preemptible one of GCP thirty seconds.
import { access } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../log/logger.ts';
import { deadlineSignal } from '../core/deadline-signal.ts';

export type InterruptionSource =
  /** The instance metadata service of AWS, version 2. */
  | { readonly kind: 'aws'; readonly endpoint: string }
  /** The metadata server of GCP. */
  | { readonly kind: 'gcp'; readonly endpoint: string }
  /** A file that appears: for whatever else an operator has, a shutdown hook for example. */
  | { readonly kind: 'file'; readonly path: string };

/** Asks once; null while nothing is announced, else what was announced. May throw where nothing answers. */
type Ask = (signal: AbortSignal) => Promise<string | null>;

/** AWS itself advises to look every five seconds. */
const POLL_MS = 5_000;
/** The service is on the machine's own link: it answers within milliseconds or not at all. */
const ANSWER_MS = 2_000;
const AWS_TOKEN_SECONDS = 21_600;
const OK = 200;
const NOT_FOUND = 404;
/** States towards which a group of AWS moves a machine that it ends or puts away; others, such as InService, go on. */
const LEAVES_GROUP = /^(?:Warmed:)?(?:Terminated|Stopped|Hibernated)$/;
/** The token has run out, or the service was restarted. */
const UNAUTHORIZED = 401;

async function ask(url: string, init: RequestInit, signal: AbortSignal): Promise<Response> {
  return await fetch(url, {
    ...init,
    signal: deadlineSignal(signal, ANSWER_MS),
  });
}

function awsNotice(endpoint: string): Ask {
  let token: string | null = null;
  const newToken = async (signal: AbortSignal): Promise<string> => {
    const answer = await ask(
      `${endpoint}/latest/api/token`,
      {
        method: 'PUT',
        headers: { 'x-aws-ec2-metadata-token-ttl-seconds': String(AWS_TOKEN_SECONDS) },
      },
      signal,
    );
    if (answer.status !== OK) throw new Error(`no token: status ${String(answer.status)}`);
    return await answer.text();
  };
  const read = async (path: string, signal: AbortSignal): Promise<string | null> => {
    token ??= await newToken(signal);
    const headers = { 'x-aws-ec2-metadata-token': token };
    const answer = await ask(`${endpoint}/latest/meta-data/${path}`, { headers }, signal);
    if (answer.status === UNAUTHORIZED) token = null;
    if (answer.status === OK) return (await answer.text()).slice(0, 200);
    if (answer.status === NOT_FOUND || answer.status === UNAUTHORIZED) return null;
    throw new Error(`status ${String(answer.status)}`);
  };
  return async (signal) => {
    const action = await read('spot/instance-action', signal);
    if (action !== null) return `aws: ${action}`;
    // Not there (404) on a machine of no group.
    const target = await read('autoscaling/target-lifecycle-state', signal);
    return target !== null && LEAVES_GROUP.test(target) ? `aws: its group says ${target}` : null;
  };
}

function gcpNotice(endpoint: string): Ask {
  return async (signal) => {
    const headers = { 'metadata-flavor': 'Google' };
    const url = `${endpoint}/computeMetadata/v1/instance/preempted`;
    const answer = await ask(url, { headers }, signal);
    if (answer.status !== OK) throw new Error(`status ${String(answer.status)}`);
    return (await answer.text()).trim() === 'TRUE' ? 'gcp: preempted' : null;
  };
}

function fileNotice(path: string): Ask {
  return async () => {
    try {
      await access(path);
      return `file ${JSON.stringify(path)}`;
    } catch {
      return null;
    }
  };
}

function askerOf(source: InterruptionSource): Ask {
  switch (source.kind) {
    case 'aws':
      return awsNotice(source.endpoint);
    case 'gcp':
      return gcpNotice(source.endpoint);
    case 'file':
      return fileNotice(source.path);
  }
}

/**
 * Resolves to what was announced, or to null once `signal` is aborted. A source that does not answer is logged once and
 * asked again: a worker that works is worth more than a notice.
 */
export async function interruptionNotice(
  source: InterruptionSource,
  { signal, log, pollMs = POLL_MS }: { signal: AbortSignal; log: Logger; pollMs?: number },
): Promise<string | null> {
  const asker = askerOf(source);
  const isOver = (): boolean => signal.aborted;
  let isSilent = false;
  while (!isOver()) {
    try {
      const notice = await asker(signal);
      if (notice !== null) return notice;
      isSilent = false;
    } catch (err) {
      if (!isSilent && !isOver()) {
        log.warn({ err, service: source.kind }, 'interruption notices cannot be read');
      }
      isSilent = true;
    }
    await sleep(pollMs, undefined, { signal }).catch(() => undefined);
  }
  return null;
}
