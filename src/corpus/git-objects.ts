// The objects of somebody else's repository, by git itself in a folder of our own: no configuration, hook, filter or
// attribute of that repository is read, and nothing is fetched. Only its object store is looked into.
import { spawn } from 'node:child_process';
import type { ChildProcessByStdio, ChildProcessWithoutNullStreams } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { AppError } from '../errors.ts';
import { codeOf, unreadable } from './failure.ts';

/** Where systems keep git; what the user's own PATH holds is not searched. */
const SYSTEM_PATH = '/usr/local/bin:/usr/bin:/bin:/opt/homebrew/bin';
/** Text of an error that is kept. */
const STDERR_MAX = 2_000;
/** The longest line that git lists: a path of 4,096 bytes and its facts. */
const ENTRY_BYTES_MAX = 64 * 1024;

export interface GitBlob {
  readonly path: string;
  readonly id: string;
  /** Null where the object is not there, as in a partial clone. */
  readonly bytes: number | null;
}

export interface GitStore {
  /** As the user wrote it, for messages. */
  readonly shown: string;
  /** The repository's `objects`. */
  readonly objects: string;
  readonly format: 'sha1' | 'sha256';
  /** A folder of ours, which need not exist. */
  readonly scratch: string;
}

type Reader = ChildProcessByStdio<null, Readable, Readable>;

export class GitObjects {
  readonly #store: GitStore;
  readonly #home: string;

  private constructor(store: GitStore) {
    this.#store = store;
    this.#home = join(store.scratch, 'git');
  }

  /** Throws AppError `corpus-unreadable` where git is not there. */
  static async open(store: GitStore): Promise<GitObjects> {
    const git = new GitObjects(store);
    await mkdir(git.#home, { recursive: true });
    const format = `--object-format=${store.format}`;
    await git.#text(['init', '--quiet', '--bare', '--template=', format, git.#home], false);
    return git;
  }

  /** The commit that a name of an object means. Throws AppError `corpus-unreadable`. */
  async commitOf(name: string): Promise<string> {
    return (await this.#text(['rev-parse', '--verify', '--quiet', `${name}^{commit}`])).trim();
  }

  /** The plain files of a commit in the order of their paths; no links, no submodules. */
  async *blobs(commit: string): AsyncGenerator<GitBlob> {
    const git = this.#start(['ls-tree', '-r', '-z', '--long', '--full-tree', commit]);
    const ended = this.#ended(git);
    ended.catch(() => undefined);
    try {
      for await (const entry of zeroEnded(git.stdout)) {
        const [, mode, kind, id, size, path] =
          /^(\d{6}) (\w+) ([0-9a-f]+) +(\S+)\t(.+)$/s.exec(entry) ?? [];
        const isFile = kind === 'blob' && (mode === '100644' || mode === '100755');
        if (isFile && id !== undefined && path !== undefined) {
          yield { path, id, bytes: /^\d+$/.test(size ?? '') ? Number(size) : null };
        }
      }
      await ended;
    } finally {
      git.kill('SIGKILL');
      await ended.catch(() => undefined);
    }
  }

  /** Reads blobs one after another through one process. */
  reader(): BlobReader {
    const git = spawn('git', this.#arguments(['cat-file', '--batch']), {
      env: this.#environment(true),
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    return new BlobReader(git, this.#store.shown);
  }

  #arguments(args: readonly string[]): string[] {
    return [
      '--no-optional-locks',
      '--no-replace-objects',
      '-c',
      'core.hooksPath=/dev/null',
      ...args,
    ];
  }

  /** Nothing of ours and nothing of the user's: no prompt, no configuration but the empty one that init wrote. */
  #environment(withObjects: boolean): Record<string, string> {
    return {
      PATH: SYSTEM_PATH,
      HOME: this.#home,
      LC_ALL: 'C',
      GIT_DIR: this.#home,
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_NO_LAZY_FETCH: '1',
      GIT_TERMINAL_PROMPT: '0',
      ...(withObjects ? { GIT_OBJECT_DIRECTORY: this.#store.objects } : {}),
    };
  }

  #start(args: readonly string[], withObjects = true): Reader {
    return spawn('git', this.#arguments(args), {
      env: this.#environment(withObjects),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  async #ended(git: Reader): Promise<void> {
    const { shown } = this.#store;
    let said = '';
    git.stderr.on('data', (piece: Buffer) => {
      if (said.length < STDERR_MAX) said += piece.toString('utf8');
    });
    await new Promise<void>((resolve, reject) => {
      git.once('error', (cause) => {
        const why =
          codeOf(cause) === 'ENOENT'
            ? 'needs git, which is not installed'
            : 'cannot be read by git';
        reject(unreadable(shown, why, cause));
      });
      git.once('close', (code) => {
        if (code === 0) resolve();
        else
          reject(
            unreadable(
              shown,
              `cannot be read by git: ${said.trim().split('\n')[0] || 'no such commit'}`,
            ),
          );
      });
    });
  }

  async #text(args: readonly string[], withObjects = true): Promise<string> {
    const git = this.#start(args, withObjects);
    const ended = this.#ended(git);
    let text = '';
    git.stdout.on('data', (piece: Buffer) => {
      if (text.length < STDERR_MAX) text += piece.toString('utf8');
    });
    await ended;
    return text;
  }
}

/** Texts that a zero byte ends. A path that is no UTF-8 keeps what can be read of it. */
async function* zeroEnded(pieces: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const piece of pieces) {
    let held = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    for (let end = held.indexOf(0); end !== -1; end = held.indexOf(0)) {
      yield held.toString('utf8', 0, end);
      held = held.subarray(end + 1);
    }
    if (held.length > ENTRY_BYTES_MAX)
      throw new RangeError('git lists an entry of more than 64 KiB');
    rest = held;
  }
}

/** `git cat-file --batch`: an id goes in, a head line and the bytes come out. */
export class BlobReader implements Disposable {
  readonly #git: ChildProcessWithoutNullStreams;
  readonly #shown: string;
  readonly #pieces: AsyncIterator<Buffer>;
  #held: Buffer = Buffer.alloc(0);

  constructor(git: ChildProcessWithoutNullStreams, shown: string) {
    this.#git = git;
    this.#shown = shown;
    this.#pieces = (git.stdout as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
    // Its end is seen in stdout; what it says does not matter then.
    git.stderr.resume();
    git.on('error', () => undefined);
    git.stdin.on('error', () => undefined);
  }

  /** Throws AppError `corpus-unreadable` where the object is not there or not what the tree says. */
  async read({ id, path, bytes }: GitBlob): Promise<Buffer> {
    const missing = (): AppError =>
      unreadable(this.#shown, `lacks the object of ${JSON.stringify(path)}; fetch all of it`);
    if (bytes === null) throw missing();
    this.#git.stdin.write(`${id}\n`);
    const head = (await this.#until(0x0a)).toString('latin1');
    if (head !== `${id} blob ${String(bytes)}`) throw missing();
    const content = await this.#take(bytes + 1);
    return content.subarray(0, bytes);
  }

  [Symbol.dispose](): void {
    this.#git.kill('SIGKILL');
  }

  async #more(): Promise<void> {
    const next = await this.#pieces.next();
    if (next.done === true) throw unreadable(this.#shown, 'cannot be read by git: it ended early');
    const { value } = next;
    this.#held = this.#held.length === 0 ? value : Buffer.concat([this.#held, value]);
  }

  async #until(byte: number): Promise<Buffer> {
    for (;;) {
      const end = this.#held.indexOf(byte);
      if (end !== -1) {
        const line = this.#held.subarray(0, end);
        this.#held = this.#held.subarray(end + 1);
        return line;
      }
      if (this.#held.length > ENTRY_BYTES_MAX) {
        throw unreadable(this.#shown, 'cannot be read by git: it answers in another form');
      }
      await this.#more();
    }
  }

  async #take(bytes: number): Promise<Buffer> {
    while (this.#held.length < bytes) await this.#more();
    const taken = this.#held.subarray(0, bytes);
    this.#held = this.#held.subarray(bytes);
    return taken;
  }
}
