// The simple API of a package index (PEP 503 and 691): which files a project has, and one of them fetched into the cache,
// found by its digest.
import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { AppError } from '../../errors.ts';
import { quote, unreadable } from '../failure.ts';
import type { PackageIndex } from '../port.ts';
import { HttpRefusal, IndexHttp } from './http.ts';
import type { HttpAnswer } from './http.ts';

const JSON_TYPE = 'application/vnd.pypi.simple.v1+json';
const ACCEPT = `${JSON_TYPE}, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1`;
/** The largest project pages have some 30 MB. */
const PAGE_BYTES_MAX = 256 * 1024 * 1024;
/** The largest pure packages have some 100 MB; what is larger holds models or binaries. */
const FILE_BYTES_MAX = 1024 * 1024 * 1024;

export interface IndexFile {
  readonly filename: string;
  readonly url: string;
  readonly digest: string;
}

const pageSchema = z.object({
  files: z.array(
    z.object({
      filename: z.string(),
      url: z.string(),
      hashes: z.record(z.string(), z.string()),
    }),
  ),
});

const DIGEST = /^[0-9a-f]{64}$/;
const ANCHOR = /<a\b[^>]*?\bhref\s*=\s*(?:"([^"]*)"|'([^']*)')[^>]*>([^<]*)<\/a>/gi;
const ENTITIES: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
};

const unescaped = (text: string): string =>
  text.replace(/&(?:amp|lt|gt|quot|#39);/g, (entity) => ENTITIES[entity] ?? entity);

/** Files of a page of HTML that have a SHA-256 in their address. */
function filesOfHtml(html: string, page: string): IndexFile[] {
  return Array.from(html.matchAll(ANCHOR)).flatMap(([, double, single, text = '']) => {
    const href = unescaped(double ?? single ?? '');
    if (!URL.canParse(href, page)) return [];
    const url = new URL(href, page);
    const digest = /^#sha256=([0-9a-f]{64})$/.exec(url.hash)?.[1];
    url.hash = '';
    return digest === undefined
      ? []
      : [{ filename: unescaped(text).trim(), url: url.href, digest }];
  });
}

function filesOfJson(document: unknown, page: string): IndexFile[] | null {
  const parsed = pageSchema.safeParse(document);
  if (!parsed.success) return null;
  return parsed.data.files.flatMap(({ filename, url, hashes }) => {
    const digest = hashes['sha256'] ?? '';
    if (!DIGEST.test(digest) || !URL.canParse(url, page)) return [];
    return [{ filename, url: new URL(url, page).href, digest }];
  });
}

async function textOfAnswer({ body }: HttpAnswer): Promise<string> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of body) {
    bytes += piece.length;
    if (bytes > PAGE_BYTES_MAX) throw new HttpRefusal(413);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}

async function digestOfFile(path: string): Promise<string | null> {
  const hash = createHash('sha256');
  try {
    for await (const piece of createReadStream(path) as AsyncIterable<Buffer>) hash.update(piece);
  } catch {
    return null;
  }
  return hash.digest('hex');
}

export class SimpleIndex {
  readonly #index: PackageIndex;
  readonly #http: IndexHttp;
  /** The lock file as written, for messages. */
  readonly #shown: string;

  constructor(index: PackageIndex, shown: string) {
    this.#index = index;
    this.#http = new IndexHttp(index);
    this.#shown = shown;
  }

  /** Throws AppError `index-unreachable`, `config-invalid` and `corpus-unreadable`. */
  async files(name: string): Promise<IndexFile[]> {
    const url = new URL(`${encodeURIComponent(name)}/`, this.#index.url).href;
    return await this.#asking(`package ${name}`, async () => {
      const files = await this.#http.get(url, ACCEPT, async (answer) => {
        const text = await textOfAnswer(answer);
        if (!answer.contentType.includes('json')) return filesOfHtml(text, answer.url);
        return filesOfJson(jsonOrNull(text), answer.url);
      });
      if (files === null)
        throw unreadable(this.#shown, `package ${name}: the index answers no simple API`);
      return files;
    });
  }

  /** Path of the file in the cache. Throws as `files` does, also where it has another digest than the index says. */
  async fetch(file: IndexFile): Promise<string> {
    const path = join(this.#index.cache, file.digest);
    if ((await digestOfFile(path)) === file.digest) return path;
    await mkdir(this.#index.cache, { recursive: true });
    const draft = `${path}.${randomUUID()}`;
    try {
      await this.#asking(quote(file.filename), async () => {
        const digest = await this.#http.get(file.url, '*/*', (answer) => save(answer, draft));
        if (digest === file.digest) return;
        throw unreadable(
          this.#shown,
          `${quote(file.filename)} has another SHA-256 (${digest.slice(0, 12)}…) than the lock file; do not use it`,
        );
      });
      await rename(draft, path);
    } finally {
      await rm(draft, { force: true });
    }
    return path;
  }

  async #asking<T>(what: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (cause) {
      if (!(cause instanceof HttpRefusal)) throw cause;
      if (cause.status === 401 || cause.status === 403) {
        throw new AppError(
          'config-invalid',
          `the package index refused ${what}; check TRACEMILL_PYPI_USERNAME and TRACEMILL_PYPI_PASSWORD_FILE`,
          { cause },
        );
      }
      const why = cause.status === 404 ? 'is not on the index' : `is refused (${cause.message})`;
      throw unreadable(
        this.#shown,
        `${what} ${why}; is TRACEMILL_PYPI_INDEX the right one?`,
        cause,
      );
    }
  }
}

function jsonOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** Writes the body and returns its digest. */
async function save({ body }: HttpAnswer, path: string): Promise<string> {
  const hash = createHash('sha256');
  const file = await open(path, 'w', 0o600);
  let bytes = 0;
  try {
    for await (const piece of body) {
      bytes += piece.length;
      if (bytes > FILE_BYTES_MAX) throw new HttpRefusal(413);
      hash.update(piece);
      await file.writeFile(piece);
    }
  } finally {
    await file.close();
  }
  return hash.digest('hex');
}
