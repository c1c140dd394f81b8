// A small instance metadata service of AWS, version 2: a token first, then the credentials of the machine's role.
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { listenLocally } from './local-server.ts';

export interface RoleKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Of the session. */
  readonly token: string;
  readonly expiresAtMs: number;
}

export interface InstanceMetadata extends AsyncDisposable {
  readonly endpoint: string;
  /** Times that credentials were given out. */
  readonly given: () => number;
}

const PATH = '/latest/meta-data/iam/security-credentials/';
const ROLE = 'tracemill-worker';

function credentialsOf(keys: RoleKeys): string {
  return JSON.stringify({
    Code: 'Success',
    Type: 'AWS-HMAC',
    AccessKeyId: keys.accessKeyId,
    SecretAccessKey: keys.secretAccessKey,
    Token: keys.token,
    Expiration: new Date(keys.expiresAtMs).toISOString().replace(/\.\d+Z$/, 'Z'),
  });
}

/** `keys` is asked each time; null is a machine without a role. */
export async function startInstanceMetadata(
  keys: () => RoleKeys | null,
): Promise<InstanceMetadata> {
  const tokens = new Set<string>();
  let given = 0;
  const answer = ({ method, url, headers }: IncomingMessage): readonly [number, string] => {
    if (method === 'PUT' && url === '/latest/api/token') {
      if (headers['x-aws-ec2-metadata-token-ttl-seconds'] === undefined) return [400, ''];
      const token = randomUUID();
      tokens.add(token);
      return [200, token];
    }
    // Version 1, without a token, is what a hardened machine refuses.
    if (!tokens.has(String(headers['x-aws-ec2-metadata-token']))) return [401, ''];
    const now = keys();
    if (now === null) return [404, ''];
    if (url === PATH) return [200, ROLE];
    if (url !== `${PATH}${ROLE}`) return [404, ''];
    given += 1;
    return [200, credentialsOf(now)];
  };
  const server = createServer((request, response) => {
    const [status, body] = answer(request);
    response.writeHead(status).end(body);
  });
  const { port, close } = await listenLocally(server);
  return {
    endpoint: `http://127.0.0.1:${String(port)}`,
    given: () => given,
    [Symbol.asyncDispose]: close,
  };
}
