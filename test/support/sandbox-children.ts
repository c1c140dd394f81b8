// Whether something runs in a sandbox at this moment, as the Engine sees it.

/** `docker ARGS…`; what it printed on stdout. */
export type AskDocker = (...args: readonly string[]) => Promise<string>;

/** PID 1 is the harness, every other process is a child of it; false where the container is not there. */
export async function runsChild(docker: AskDocker, container: string): Promise<boolean> {
  const listed = await docker('top', container, '-o', 'pid').catch(() => '');
  // A head, the harness, and what it runs.
  return listed.trim().split('\n').length > 2;
}
