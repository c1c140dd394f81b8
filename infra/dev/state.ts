// What runs for this checkout: services.json in `home`, written whole and readable by its owner only.
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { AppError } from '../../src/errors.ts';
import { statePath } from './paths.ts';

const mark = z.object({ pid: z.number().int().positive(), started: z.string() });

const stateSchema = z.object({
  v: z.literal(1),
  temporal: z
    .object({ mark, port: z.number().int(), uiPort: z.number().int(), namespace: z.string() })
    .nullable(),
  s3: z.object({ mark, port: z.number().int(), accessKeyId: z.string() }).nullable(),
  /** `settings` is a digest of the build and of all that the worker was told: another one means another worker. */
  worker: z.object({ mark, settings: z.string() }).nullable(),
  /** The one that asks a language model. */
  llmWorker: z.object({ mark, settings: z.string() }).nullable().default(null),
});

export type DevState = z.infer<typeof stateSchema>;

const EMPTY: DevState = { v: 1, temporal: null, s3: null, worker: null, llmWorker: null };

/** A missing file is an empty state. Throws AppError `config-invalid` where it is none of ours. */
export async function readState(config: { readonly home: string }): Promise<DevState> {
  const path = statePath(config);
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return EMPTY;
    throw error;
  }
  try {
    return stateSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new AppError(
      'config-invalid',
      `${JSON.stringify(path)} is damaged; end what runs there by hand and remove it`,
      { cause },
    );
  }
}

let writes: Promise<unknown> = Promise.resolve();

/** Changes one part; parts that are changed at the same time in this process do not overwrite each other. */
export async function updateState(
  config: { readonly home: string },
  change: Partial<Omit<DevState, 'v'>>,
): Promise<void> {
  const write = writes.then(async () => {
    const next = { ...(await readState(config)), ...change };
    const path = statePath(config);
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const draft = `${path}.${String(process.pid)}`;
    await writeFile(draft, `${JSON.stringify(next, null, 2)}\n`, { mode: 0o600 });
    await rename(draft, path).catch(async (error: unknown) => {
      await rm(draft, { force: true });
      throw error;
    });
  });
  writes = write.catch(() => undefined);
  await write;
}
