// Scripts on other hosts, by the system's ssh: it has the keys, the agent and what its owner set up for each host. A script
// goes through its input, so that no value is ever part of a command line.
import { spawn } from 'node:child_process';
import { ProviderError } from './provider.ts';
import type { ProviderTrouble } from './provider.ts';

export interface SshHost {
  /** Of the machine in the fleet, and of its worker. */
  readonly name: string;
  readonly address: string;
  readonly port: number;
  readonly user: string;
}

export interface SshOptions {
  /** File of a private key; null leaves it to ssh. */
  readonly identity: string | null;
  /** File of the hosts' public keys; null is ssh's own. */
  readonly knownHosts: string | null;
  readonly connectSeconds: number;
}

export interface ScriptResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What ssh itself ends with where it did not get as far as the script. */
const SSH_FAILED = 255;
const OUTPUT_CHARACTERS = 64 * 1024;
const WORDS_CHARACTERS = 300;
const ALIVE_SECONDS = 5;
const ALIVE_COUNT = 3;

const TROUBLES: readonly (readonly [RegExp, ProviderTrouble, string])[] = [
  [
    /Permission denied|Too many authentication failures|no such identity/i,
    'denied',
    'refuses the key',
  ],
  [
    /Host key verification failed|REMOTE HOST IDENTIFICATION HAS CHANGED/,
    'denied',
    'has no key, or another one, among the known hosts',
  ],
];

/** In ssh's own configuration a value with spaces stands in quotes. */
const option = (name: string, value: string): readonly string[] => ['-o', `${name}=${value}`];

function argumentsFor(host: SshHost, given: SshOptions): readonly string[] {
  const { identity, knownHosts, connectSeconds } = given;
  return [
    '-T',
    ...option('BatchMode', 'yes'),
    ...option('StrictHostKeyChecking', 'yes'),
    ...option('ConnectTimeout', String(connectSeconds)),
    ...option('ConnectionAttempts', '1'),
    ...option('ServerAliveInterval', String(ALIVE_SECONDS)),
    ...option('ServerAliveCountMax', String(ALIVE_COUNT)),
    ...option('ClearAllForwardings', 'yes'),
    ...option('ForwardAgent', 'no'),
    ...option('LogLevel', 'ERROR'),
    ...(identity === null ? [] : ['-i', identity, ...option('IdentitiesOnly', 'yes')]),
    ...(knownHosts === null ? [] : option('UserKnownHostsFile', `"${knownHosts}"`)),
    ...['-p', String(host.port), '-l', host.user, '--', host.address],
    host.user === 'root' ? 'exec sh -s' : 'exec sudo -n sh -s',
  ];
}

function refusal(host: SshHost, stderr: string): ProviderError {
  const words = stderr.trim().slice(-WORDS_CHARACTERS);
  const known = TROUBLES.find(([pattern]) => pattern.test(words));
  const [trouble, what] =
    known === undefined ? (['unreachable', 'cannot be reached'] as const) : [known[1], known[2]];
  return new ProviderError(trouble, `host ${host.name} ${what}: ${words || 'ssh said nothing'}`);
}

/** Resolves once the script has ended, however. Throws ProviderError `unreachable`, `denied`, `not-found`. */
export function runScript(
  host: SshHost,
  script: string,
  how: { readonly options: SshOptions; readonly signal: AbortSignal },
): Promise<ScriptResult> {
  return new Promise((resolve, reject) => {
    const child = spawn('ssh', argumentsFor(host, how.options), { signal: how.signal });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout = (stdout + text).slice(0, OUTPUT_CHARACTERS);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-OUTPUT_CHARACTERS);
    });
    child.once('error', (cause: NodeJS.ErrnoException) => {
      const isMissing = cause.code === 'ENOENT';
      const trouble = isMissing ? 'not-found' : 'unreachable';
      const what = isMissing
        ? 'hosts are reached by the command `ssh`, which is not installed here'
        : `host ${host.name} did not answer in time`;
      reject(new ProviderError(trouble, what, cause));
    });
    child.once('close', (code) => {
      if (code === SSH_FAILED || code === null) reject(refusal(host, stderr));
      else resolve({ code, stdout, stderr });
    });
    // A host that hangs up while it is told: how it ended says why.
    child.stdin.on('error', () => undefined);
    child.stdin.end(script);
  });
}
