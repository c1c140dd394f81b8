// Removes containers that nobody will: of an earlier life of this worker, or of anyone past their deadline. Containers
// of other workers are left alone until then, and so is everything without our labels.
import type { Logger } from '../log/logger.ts';
import { LABEL, OWNER } from './container-spec.ts';
import type { Engine, ListedContainer } from './docker.ts';

const EVERY_MS = 60_000;

export interface ReaperOptions {
  readonly engine: Engine;
  readonly workerId: string;
  /** Of this process: its own containers live. */
  readonly bootId: string;
  readonly log: Logger;
}

/** Whether this worker may and should remove a container. */
export function isLeftOver(
  container: ListedContainer,
  self: { readonly workerId: string; readonly bootId: string; readonly nowMs: number },
): boolean {
  const { labels } = container;
  if (labels[LABEL.owner] !== OWNER) return false;
  const deadlineMs = Number(labels[LABEL.deadline]);
  if (Number.isFinite(deadlineMs) && deadlineMs < self.nowMs) return true;
  return labels[LABEL.worker] === self.workerId && labels[LABEL.boot] !== self.bootId;
}

/** One round; returns how many were removed. */
export async function reap(options: ReaperOptions): Promise<number> {
  const { engine, workerId, bootId, log } = options;
  const found = await engine.list({ name: LABEL.owner, value: OWNER });
  const self = { workerId, bootId, nowMs: Date.now() };
  const leftOver = found.filter((container) => isLeftOver(container, self));
  for (const { id } of leftOver) {
    await engine.remove(id);
    log.warn({ containerId: id.slice(0, 12) }, 'left-over sandbox removed');
  }
  return leftOver.length;
}

/** Reaps every minute until stopped; a round that fails is logged and tried again. */
export function startReaper(options: ReaperOptions): { stop(): void } {
  let isRunning = false;
  const timer = setInterval(() => {
    if (isRunning) return;
    isRunning = true;
    reap(options)
      .catch((err: unknown) => {
        options.log.warn({ err }, 'reaper failed');
      })
      .finally(() => {
        isRunning = false;
      });
  }, EVERY_MS);
  timer.unref();
  return {
    stop: () => {
      clearInterval(timer);
    },
  };
}
