// What S3 does with temporary credentials, in front of a gateway that knows no sessions: the key, its session's token and
// the signature are checked, and the request goes on signed with the gateway's own key.
import { createHash, createHmac } from 'node:crypto';
import { createServer, request as ask } from 'node:http';
import type { IncomingMessage } from 'node:http';
import type { S3Keys } from '../../src/config/services.ts';
import { listenLocally } from './local-server.ts';

export interface Session extends S3Keys {
  readonly token: string;
}

export interface SessionProxy extends AsyncDisposable {
  readonly endpoint: string;
  /** Access key of the last request that was let through; null before the first. */
  readonly lastKey: () => string | null;
}

type Headers = Readonly<Record<string, string>>;

const hmac = (key: Buffer | string, text: string): Buffer =>
  createHmac('sha256', key).update(text).digest();

function canonicalQuery(url: URL): string {
  return url.search
    .slice(1)
    .split('&')
    .filter((part) => part !== '')
    .map((part) => (part.includes('=') ? part : `${part}=`))
    .sort()
    .join('&');
}

interface Signed {
  readonly method: string;
  readonly url: URL;
  readonly headers: Headers;
  readonly names: readonly string[];
}

/** Signature version 4 of AWS (docs: "Create a signed AWS API request"); the payload is what its header says. */
function authorizationOf(
  { method, url, headers, names }: Signed,
  keys: S3Keys,
  scope: string,
): string {
  const canonical = [
    method,
    url.pathname,
    canonicalQuery(url),
    ...names.map((name) => `${name}:${(headers[name] ?? '').trim()}`),
    '',
    names.join(';'),
    headers['x-amz-content-sha256'],
  ].join('\n');
  const digest = createHash('sha256').update(canonical).digest('hex');
  const toSign = ['AWS4-HMAC-SHA256', headers['x-amz-date'], scope, digest].join('\n');
  const key = scope.split('/').reduce<Buffer | string>(hmac, `AWS4${keys.secretAccessKey}`);
  const signature = hmac(key, toSign).toString('hex');
  return `AWS4-HMAC-SHA256 Credential=${keys.accessKeyId}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
}

/** The code that S3 refuses it with; null where it is right. */
function refusalOf(signed: Signed, sessions: readonly Session[]): readonly [number, string] | null {
  const { headers } = signed;
  const credential = /Credential=([^/]+)\/([^,]+),/.exec(headers['authorization'] ?? '');
  const session = sessions.find(({ accessKeyId }) => accessKeyId === credential?.[1]);
  if (session === undefined) return [403, 'InvalidAccessKeyId'];
  if (headers['x-amz-security-token'] !== session.token) return [400, 'ExpiredToken'];
  const expected = authorizationOf(signed, session, credential?.[2] ?? '');
  return headers['authorization'] === expected ? null : [403, 'SignatureDoesNotMatch'];
}

function signedOf(request: IncomingMessage, endpoint: string): Signed {
  const names = /SignedHeaders=([^,]+),/.exec(request.headers.authorization ?? '')?.[1] ?? '';
  return {
    method: request.method ?? '',
    url: new URL(request.url ?? '/', endpoint),
    headers: request.headers as Headers,
    names: names.split(';'),
  };
}

/** `sessions` are those that are good now. */
export async function startSessionProxy(
  gateway: S3Keys & { readonly endpoint: string },
  sessions: () => readonly Session[],
): Promise<SessionProxy> {
  const { host } = new URL(gateway.endpoint);
  let lastKey: string | null = null;
  const server = createServer((incoming, outgoing) => {
    const signed = signedOf(incoming, gateway.endpoint);
    const refusal = refusalOf(signed, sessions());
    if (refusal !== null) {
      const [status, code] = refusal;
      outgoing.writeHead(status, { 'content-type': 'application/xml' });
      outgoing.end(`<Error><Code>${code}</Code><Message>refused</Message></Error>`);
      return;
    }
    const { 'x-amz-security-token': _token, authorization = '', ...rest } = signed.headers;
    const headers: Headers = { ...rest, host };
    const names = signed.names.filter((name) => name !== 'x-amz-security-token');
    const [, key = '', scope = ''] = /Credential=([^/]+)\/([^,]+),/.exec(authorization) ?? [];
    lastKey = key;
    const again = authorizationOf({ ...signed, headers, names }, gateway, scope);
    const target = new URL(incoming.url ?? '/', gateway.endpoint);
    const on = ask(
      target,
      { method: signed.method, headers: { ...headers, authorization: again } },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(outgoing);
      },
    );
    on.on('error', () => {
      outgoing.destroy();
    });
    incoming.pipe(on);
  });
  const { port, close } = await listenLocally(server);
  return {
    endpoint: `http://127.0.0.1:${String(port)}`,
    lastKey: () => lastKey,
    [Symbol.asyncDispose]: close,
  };
}
