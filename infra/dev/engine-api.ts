// The few questions that set-up asks of the Docker Engine, over its socket. Running sandboxes is src/sandbox.
import { request } from 'node:http';

const ANSWER_MS = 15_000;
const ANSWER_BYTES_MAX = 4 * 1024 * 1024;

/** Null where nothing answers in time, or the answer is no success. */
function ask(socketPath: string, path: string): Promise<string | null> {
  return new Promise((resolve) => {
    const asked = request({ socketPath, path, timeout: ANSWER_MS }, (answer) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      answer.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > ANSWER_BYTES_MAX) asked.destroy();
        else chunks.push(chunk);
      });
      answer.once('end', () => {
        resolve(answer.statusCode === 200 ? Buffer.concat(chunks).toString('utf8') : null);
      });
      answer.once('close', () => {
        resolve(null);
      });
    });
    asked.once('timeout', () => {
      asked.destroy();
    });
    asked.once('error', () => {
      resolve(null);
    });
    asked.end();
  });
}

export async function engineAnswers(socketPath: string): Promise<boolean> {
  return (await ask(socketPath, '/_ping')) !== null;
}

/** Image id, `sha256:…`, or null where the Engine has no such image. */
export async function imageId(socketPath: string, reference: string): Promise<string | null> {
  const text = await ask(socketPath, `/images/${encodeURIComponent(reference)}/json`);
  if (text === null) return null;
  const { Id } = JSON.parse(text) as { readonly Id?: unknown };
  return typeof Id === 'string' ? Id : null;
}

/** Commands of a container's processes as the host sees them, or null where it does not run. */
export async function containerProcesses(
  socketPath: string,
  id: string,
): Promise<readonly string[] | null> {
  const text = await ask(socketPath, `/containers/${id}/top?ps_args=-eo%20pid,comm`);
  if (text === null) return null;
  const { Processes } = JSON.parse(text) as { readonly Processes?: readonly string[][] };
  return (Processes ?? []).map((columns) => columns.at(-1) ?? '');
}

/** Version of the Engine, or null. */
export async function engineVersion(socketPath: string): Promise<string | null> {
  const text = await ask(socketPath, '/version');
  if (text === null) return null;
  const { Version } = JSON.parse(text) as { readonly Version?: unknown };
  return typeof Version === 'string' ? Version : null;
}

/** Whether its images have the digests of manifests as ids, as in containerd's own store, instead of those of configurations. */
export async function keepsManifests(socketPath: string): Promise<boolean> {
  const text = await ask(socketPath, '/info');
  if (text === null) return false;
  const { DriverStatus } = JSON.parse(text) as { readonly DriverStatus?: readonly string[][] };
  return (DriverStatus ?? []).some(
    ([name, value]) => name === 'driver-type' && value?.startsWith('io.containerd.') === true,
  );
}
