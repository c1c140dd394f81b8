// moto's server, and before it a small one that adds what moto lacks of Auto Scaling, in AWS's own protocol: a terminating
// instance waits for its lifecycle hook, which can be completed; activities that found no machine; refusals on demand.
import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../../infra/dev/processes.ts';
import { listenLocally } from './local-server.ts';

const execute = promisify(execFile);
const MOTO = 'moto[server,ec2,autoscaling]==5.2.5';
const START_MS = 60_000;
const VERSION = '2011-01-01';
const NAMESPACE = `http://autoscaling.amazonaws.com/doc/${VERSION}/`;

/** Made once, and kept in the cache. */
async function motoProgram(cache: string): Promise<string> {
  const folder = join(cache, 'moto-5.2.5');
  const program = join('bin', 'moto_server');
  if (!existsSync(join(folder, program))) {
    const making = `${folder}.${String(process.pid)}`;
    await execute('python3', ['-m', 'venv', making]);
    await execute(join(making, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', MOTO]);
    await rm(folder, { recursive: true, force: true });
    await rename(making, folder);
  }
  return join(folder, 'bin', 'python');
}

export interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

export interface FakeAws extends AsyncDisposable {
  readonly endpoint: string;
  /** Answers everything so; null answers as AWS would. */
  refuse(refusal: Refusal | null): void;
  /** What the newest activity of every group says; null where it went well. */
  failActivities(message: string | null): void;
  /** Requests by action. */
  readonly actions: readonly string[];
  call(
    service: 'ec2' | 'autoscaling',
    parameters: Readonly<Record<string, string>>,
  ): Promise<string>;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

const answer = (action: string, result = ''): string =>
  `<${action}Response xmlns="${NAMESPACE}">${result}<ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></${action}Response>`;

const failure = ({ code, message }: Refusal): string =>
  `<ErrorResponse xmlns="${NAMESPACE}"><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>1</RequestId></ErrorResponse>`;

/** The group as it is with instances that wait for their hook: they are no part of its size. */
function withWaiting(xml: string, waiting: ReadonlySet<string>): string {
  const marked = xml.replace(
    /<member>(?:(?!<member>).)*?<InstanceId>(i-\w+)<\/InstanceId>.*?<\/member>/gs,
    (member, id: string) =>
      waiting.has(id)
        ? member.replace(/<LifecycleState>\w+</, '<LifecycleState>Terminating:Wait<')
        : member,
  );
  return marked.replace(/<DesiredCapacity>(\d+)</g, (_all, size: string) => {
    return `<DesiredCapacity>${String(Number(size) - waiting.size)}<`;
  });
}

function activities(message: string | null): string {
  if (message === null)
    return '<DescribeScalingActivitiesResult><Activities/></DescribeScalingActivitiesResult>';
  const fields = `<ActivityId>1</ActivityId><AutoScalingGroupName>g</AutoScalingGroupName><StatusCode>Failed</StatusCode><StatusMessage>${message}</StatusMessage><StartTime>${new Date().toISOString()}</StartTime><Cause>c</Cause>`;
  return `<DescribeScalingActivitiesResult><Activities><member>${fields}</member></Activities></DescribeScalingActivitiesResult>`;
}

async function startMoto(cache: string): Promise<{ url: string; stop: () => void }> {
  const port = await freePort();
  const python = await motoProgram(cache);
  const child = spawn(python, ['-m', 'moto.server', '-H', '127.0.0.1', '-p', String(port)], {
    stdio: 'ignore',
  });
  const url = `http://127.0.0.1:${String(port)}`;
  for (const untilMs = Date.now() + START_MS; ;) {
    if (
      await fetch(`${url}/moto-api/`).then(
        ({ ok }) => ok,
        () => false,
      )
    )
      break;
    if (Date.now() > untilMs) throw new Error('moto does not start');
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return { url, stop: () => child.kill() };
}

/** Installs moto into `cache` at first. */
export async function fakeAws(cache: string): Promise<FakeAws> {
  const moto = await startMoto(cache);
  const state = { refusal: null as Refusal | null, failed: null as string | null };
  const waiting = new Set<string>();
  const actions: string[] = [];
  const forward = async (service: string, form: URLSearchParams): Promise<string> => {
    const scope = `AKID/20260101/us-east-1/${service}/aws4_request`;
    const authorization = `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=0`;
    const headers = { authorization, 'content-type': 'application/x-www-form-urlencoded' };
    const told = await fetch(moto.url, { method: 'POST', headers, body: form.toString() });
    const text = await told.text();
    if (told.ok) return text;
    throw new Error(`moto: ${text}`);
  };
  const serve = async (form: URLSearchParams): Promise<string> => {
    const action = form.get('Action') ?? '';
    const id = form.get('InstanceId') ?? '';
    actions.push(action);
    if (action === 'DescribeScalingActivities') return answer(action, activities(state.failed));
    if (action === 'TerminateInstanceInAutoScalingGroup') {
      waiting.add(id);
      return answer(action, '<TerminateInstanceInAutoScalingGroupResult/>');
    }
    if (action === 'CompleteLifecycleAction') {
      const ended = {
        Action: 'TerminateInstanceInAutoScalingGroup',
        Version: VERSION,
        InstanceId: id,
      };
      await forward(
        'autoscaling',
        new URLSearchParams({ ...ended, ShouldDecrementDesiredCapacity: 'true' }),
      );
      waiting.delete(id);
      return answer(action, '<CompleteLifecycleActionResult/>');
    }
    if (action === 'SetDesiredCapacity') {
      form.set('DesiredCapacity', String(Number(form.get('DesiredCapacity')) + waiting.size));
    }
    return withWaiting(await forward('autoscaling', form), waiting);
  };
  const server = createServer((request, response) => {
    void bodyOf(request).then(async (body) => {
      const { refusal } = state;
      const form = new URLSearchParams(body);
      if (refusal !== null) actions.push(form.get('Action') ?? '');
      const text = refusal === null ? await serve(form) : failure(refusal);
      response.writeHead(refusal?.status ?? 200, { 'content-type': 'text/xml' }).end(text);
    });
  });
  const { port, close } = await listenLocally(server);
  return {
    endpoint: `http://127.0.0.1:${String(port)}`,
    refuse: (refusal) => {
      state.refusal = refusal;
    },
    failActivities: (message) => {
      state.failed = message;
    },
    actions,
    call: (service, parameters) => forward(service, new URLSearchParams(parameters)),
    async [Symbol.asyncDispose]() {
      moto.stop();
      await close();
    },
  };
}
