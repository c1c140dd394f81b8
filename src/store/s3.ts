// The object store on S3: conditional writes that survive lost answers, bodies checked against our own digest, every
// request under a deadline. The only importer of the AWS SDK.
import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadBucketCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import type { GetObjectCommandOutput, PutObjectCommandInput } from '@aws-sdk/client-s3';
import { isAppError } from '../errors.ts';
import { sha256 } from '../identity/digest.ts';
import type {
  ListedObject,
  ObjectHead,
  ObjectStore,
  PutResult,
  StreamBody,
} from './object-store.ts';
import { blockDigestsOf, blocksFromText, blocksToText } from './block-digests.ts';
import type { BlockDigests } from './block-digests.ts';
import { checkBody, checkedStream, digestOrNull } from './checked-body.ts';
import { isMissing, isTaken, statusOf, storeFault, withTries } from './s3-failure.ts';

export interface S3Options {
  /** Null: AWS itself. */
  readonly endpoint: string | null;
  readonly region: string;
  /** Null: the SDK's own chain (instance role, shared configuration). */
  readonly accessKeyId: string | null;
  readonly secretAccessKey: string | null;
  readonly bucket: string;
  /** By default what follows; tests wait less. */
  readonly waits?: Waits;
}

/** How long a try waits, in milliseconds. */
export interface Waits {
  /** For a connection: milliseconds near the store, a second across continents. */
  readonly connectMs: number;
  /** On a silent socket: S3 answers first bytes in under a second, a busy gateway in a few. */
  readonly silentMs: number;
  /** For one try, body included: 64 MiB, the largest row group, at 0.5 MiB/s. */
  readonly tryMs: number;
}

const WAITS: Waits = { connectMs: 5_000, silentMs: 30_000, tryMs: 128_000 };

/** What a slow line takes of a body: the deadline of a try grows with what it sends. */
const UPLOAD_BYTES_PER_MS = 512;
const BYTES_TYPE = 'application/octet-stream';

interface PutRequest {
  readonly head: Pick<PutObjectCommandInput, 'ContentType' | 'ContentLength' | 'ChecksumSHA256'>;
  /** Of a body that is in memory. */
  readonly blocks?: BlockDigests | null;
  /** Made anew for each try. */
  readonly body: () => Uint8Array | Readable;
}

const DIGEST_KEY = 'tracemill-sha256';
const TOKEN_KEY = 'tracemill-token';
const BLOCKS_KEY = 'tracemill-blocks';

const silent = (): void => undefined;

/** The SDK tells every process that Node 20 will be dropped by versions later than the pinned one: noise to our users. */
function withoutWarnings<T>(make: () => T): T {
  const emitWarning = process.emitWarning.bind(process);
  process.emitWarning = silent;
  try {
    return make();
  } finally {
    process.emitWarning = emitWarning;
  }
}

function makeClient(options: S3Options, waits: Waits): S3Client {
  const { accessKeyId, secretAccessKey, endpoint, region } = options;
  const hasKey = accessKeyId !== null && secretAccessKey !== null;
  return withoutWarnings(
    () =>
      new S3Client({
        region,
        ...(endpoint === null ? {} : { endpoint, forcePathStyle: true }),
        ...(hasKey ? { credentials: { accessKeyId, secretAccessKey } } : {}),
        // Tries are ours (withTries): the SDK would take its own lost answer for somebody else's object.
        maxAttempts: 1,
        requestChecksumCalculation: 'WHEN_SUPPORTED',
        responseChecksumValidation: 'WHEN_REQUIRED',
        requestHandler: {
          connectionTimeout: waits.connectMs,
          socketTimeout: waits.silentMs,
          requestTimeout: waits.tryMs,
          throwOnRequestTimeout: true,
        },
        // The SDK would warn through console, whose first stream belongs to answers.
        logger: { trace: silent, debug: silent, info: silent, warn: silent, error: silent },
      }),
  );
}

interface FullHead extends ObjectHead {
  readonly token: string | null;
}

/** Throws AppError `store-unreachable`, `store-timeout` and `store-denied` from every method. */
export class S3Store implements ObjectStore, Disposable {
  readonly bucket: string;
  readonly #client: S3Client;
  readonly #where: string;
  readonly #waits: Waits;

  constructor(options: S3Options) {
    const waits = options.waits ?? WAITS;
    this.#waits = waits;
    this.bucket = options.bucket;
    this.#where = options.endpoint ?? `S3 in ${options.region}`;
    this.#client = makeClient(options, waits);
  }

  /** Creates the bucket where it is missing and we may. */
  async ensureBucket(): Promise<void> {
    await this.#try('bucket', async (signal) => {
      const bucket = { Bucket: this.bucket };
      try {
        await this.#client.send(new HeadBucketCommand(bucket), { abortSignal: signal });
      } catch (error) {
        if (statusOf(error) !== 404) throw error;
        await this.#client.send(new CreateBucketCommand(bucket), { abortSignal: signal });
      }
    });
  }

  async putIfAbsent(
    key: string,
    body: Uint8Array,
    options: { contentType?: string } = {},
  ): Promise<PutResult> {
    return await this.#put(key, sha256(body), {
      head: { ContentType: options.contentType ?? BYTES_TYPE },
      body: () => body,
      blocks: blockDigestsOf(body),
    });
  }

  async putStreamIfAbsent(key: string, body: StreamBody): Promise<PutResult> {
    const { bytes, digest } = body;
    let spoiled: Error | null = null;
    const head = {
      ContentType: BYTES_TYPE,
      ContentLength: bytes,
      // Known before: else the SDK would append one of its own choice to a body that it cannot read twice.
      ChecksumSHA256: Buffer.from(digest, 'hex').toString('base64'),
    };
    const open = (): Readable => {
      // What was read once as something else is not read again.
      if (isAppError(spoiled)) throw spoiled;
      return Readable.from(checkedStream(key, body), { objectMode: false }).on('error', (error) => {
        spoiled = error;
      });
    };
    try {
      return await this.#put(key, digest, { head, body: open });
    } catch (error) {
      // A body that ends early looks like a broken line to the SDK.
      throw isAppError(spoiled) ? spoiled : error;
    }
  }

  /** One token for all tries of a call: an object that carries it was created by a try whose answer was lost. */
  async #put(key: string, digest: string, request: PutRequest): Promise<PutResult> {
    const token = randomUUID();
    const blocks = request.blocks ?? null;
    const bytes = request.head.ContentLength ?? 0;
    const tryMs = this.#waits.tryMs + Math.ceil(bytes / UPLOAD_BYTES_PER_MS);
    return await this.#try(
      key,
      async (signal): Promise<PutResult> => {
        try {
          await this.#client.send(
            new PutObjectCommand({
              Bucket: this.bucket,
              Key: key,
              IfNoneMatch: '*',
              Metadata: {
                [DIGEST_KEY]: digest,
                [TOKEN_KEY]: token,
                ...(blocks === null ? {} : { [BLOCKS_KEY]: blocksToText(blocks) }),
              },
              ...request.head,
              Body: request.body(),
            }),
            { abortSignal: signal, requestTimeout: tryMs },
          );
          return { kind: 'created' };
        } catch (error) {
          // A server may hang up on a long body whose key is taken, before its answer is read.
          const mayBeTaken = request.head.ContentLength !== undefined && statusOf(error) === null;
          if (!isTaken(error) && !mayBeTaken) throw error;
          const there = await this.#head(key, signal);
          // Deleted between the two requests, or nothing but a broken line: withTries repeats both.
          if (there === null) throw error;
          if (there.token === token) return { kind: 'created' };
          return { kind: 'present', digest: there.digest };
        }
      },
      tryMs,
    );
  }

  async get(key: string): Promise<Uint8Array> {
    return await this.#try(key, async (signal) => {
      const answer = await this.#getObject(key, undefined, signal);
      const body = await bodyOf(answer, signal);
      checkBody(key, body, {
        bytes: answer.ContentLength ?? null,
        digest: digestOrNull(answer.Metadata?.[DIGEST_KEY]),
      });
      return body;
    });
  }

  async getRange(key: string, from: number, to: number): Promise<Uint8Array> {
    if (to <= from) return new Uint8Array(0);
    return await this.#try(key, async (signal) => {
      const answer = await this.#getObject(key, `bytes=${String(from)}-${String(to - 1)}`, signal);
      const body = await bodyOf(answer, signal);
      checkBody(key, body, { bytes: to - from, digest: null });
      return body;
    });
  }

  async head(key: string): Promise<ObjectHead | null> {
    const head = await this.#try(key, (signal) => this.#head(key, signal));
    if (head === null) return null;
    const { bytes, digest, blocks } = head;
    return { bytes, digest, blocks };
  }

  async *list(prefix: string): AsyncIterable<ListedObject> {
    let token: string | undefined;
    do {
      const from = token;
      const page = await this.#try(prefix, (signal) =>
        this.#client.send(
          new ListObjectsV2Command({
            Bucket: this.bucket,
            Prefix: prefix,
            ...(from === undefined ? {} : { ContinuationToken: from }),
          }),
          { abortSignal: signal },
        ),
      );
      for (const { Key, Size, LastModified } of page.Contents ?? []) {
        if (Key === undefined) continue;
        // A store that does not tell when has objects of unknown age, which count as new.
        const modifiedAtMs = LastModified?.getTime() ?? Number.POSITIVE_INFINITY;
        yield { key: Key, bytes: Size ?? 0, modifiedAtMs };
      }
      token = page.NextContinuationToken;
    } while (token !== undefined);
  }

  async delete(key: string): Promise<void> {
    await this.#try(key, (signal) =>
      this.#client.send(new DeleteObjectCommand({ Bucket: this.bucket, Key: key }), {
        abortSignal: signal,
      }),
    );
  }

  [Symbol.dispose](): void {
    this.#client.destroy();
  }

  async #getObject(
    key: string,
    range: string | undefined,
    signal: AbortSignal,
  ): Promise<GetObjectCommandOutput> {
    return await this.#client.send(
      new GetObjectCommand({
        Bucket: this.bucket,
        Key: key,
        ...(range === undefined ? {} : { Range: range }),
      }),
      { abortSignal: signal },
    );
  }

  async #head(key: string, signal: AbortSignal): Promise<FullHead | null> {
    try {
      const answer = await this.#client.send(
        new HeadObjectCommand({ Bucket: this.bucket, Key: key }),
        { abortSignal: signal },
      );
      const bytes = answer.ContentLength ?? 0;
      return {
        bytes,
        digest: digestOrNull(answer.Metadata?.[DIGEST_KEY]),
        blocks: blocksFromText(answer.Metadata?.[BLOCKS_KEY], bytes),
        token: answer.Metadata?.[TOKEN_KEY] ?? null,
      };
    } catch (error) {
      if (isMissing(error)) return null;
      throw error;
    }
  }

  async #try<T>(
    key: string,
    work: (signal: AbortSignal) => Promise<T>,
    tryMs = this.#waits.tryMs,
  ): Promise<T> {
    try {
      return await withTries(tryMs, work);
    } catch (error) {
      throw storeFault(error, { key, where: this.#where, bucket: this.bucket });
    }
  }
}

/** The body under the deadline of its request, which the SDK's own signal no longer covers once headers are there. */
async function bodyOf(answer: GetObjectCommandOutput, signal: AbortSignal): Promise<Uint8Array> {
  const body = answer.Body;
  if (body === undefined) return new Uint8Array(0);
  const stop = (): void => {
    if ('destroy' in body) body.destroy(new DOMException('the body took too long', 'TimeoutError'));
  };
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await body.transformToByteArray();
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
