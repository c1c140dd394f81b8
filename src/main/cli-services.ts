// The services of this machine as the commands see them.
import { diagnose } from '../../infra/dev/doctor.ts';
import { stopServices } from '../../infra/dev/down.ts';
import { SERVICE_NAMES } from '../../infra/dev/context.ts';
import type { ServiceNote } from '../../infra/dev/context.ts';
import { ensureServices } from '../../infra/dev/services.ts';
import { findTemporal } from '../../infra/dev/temporal.ts';
import { ensureWorker, retireStaleWorker } from '../../infra/dev/worker-process.ts';
import type { LocalWorker, WorkerRequest } from '../../infra/dev/worker-process.ts';
import type { Announce, ServiceReport, ServicesPort } from '../cli/ports.ts';
import type { Services } from '../config/services.ts';
import type { GatewayContext } from './cli-gateway.ts';

const ROLES = ['job', 'trace', 'refine'] as const;

/** The worker of every role but llm, and one for that where a language model is configured. */
function requestsOf({ config: { llm, slots } }: GatewayContext): readonly WorkerRequest[] {
  const all = { name: 'worker', roles: ROLES, slots } as const;
  return llm === null ? [all] : [all, { name: 'llmWorker', roles: ['llm'], slots: 1 }];
}

/** All services of the embedded default, and the notes on those that are ready. */
export async function bringUp(
  { config, log }: GatewayContext,
  announce: Announce,
): Promise<{ services: Services; reports: ServiceReport[] }> {
  const reports: ServiceReport[] = [];
  const note = (said: ServiceNote): void => {
    if (said.kind === 'working') {
      announce(`${said.service}: ${said.detail}`);
      return;
    }
    const detail = `${said.detail} (${said.origin})`;
    reports.push({
      service: said.service,
      state: said.made ? 'made' : 'found',
      detail,
      todo: null,
    });
  };
  const services = await ensureServices(config, log, { note });
  // They get ready side by side; people read them in one order.
  const place = ({ service }: ServiceReport): number =>
    SERVICE_NAMES.findIndex((name) => name === service);
  return { services, reports: reports.sort((a, b) => place(a) - place(b)) };
}

/** Workers of every role. */
export async function bringUpWorker(
  context: GatewayContext,
  services: Services,
): Promise<LocalWorker> {
  const { config, log } = context;
  const [all, ...others] = await Promise.all(
    requestsOf(context).map((request) => ensureWorker({ config, log, services }, request)),
  );
  if (all === undefined) throw new Error('invariant broken: no worker was asked for');
  return { pid: all.pid, started: all.started || others.some(({ started }) => started) };
}

/** Ends a worker of another build or with other settings: a job that starts belongs to the next one. */
export async function makeWayForWorker(context: GatewayContext, services: Services): Promise<void> {
  const { config, log } = context;
  for (const request of requestsOf(context)) {
    await retireStaleWorker({ config, log, services }, request);
  }
}

/** Starts a revision; on the embedded default, services before it and a worker after it. */
export async function withWorker(
  context: GatewayContext,
  announce: Announce,
  start: () => Promise<unknown>,
): Promise<void> {
  const isEmbedded = context.config.temporal.address === null;
  const local = isEmbedded ? (await bringUp(context, announce)).services : null;
  if (local !== null) await makeWayForWorker(context, local);
  await start();
  if (local === null) return;
  const worker = await bringUpWorker(context, local);
  if (worker.started) announce(`worker: process ${String(worker.pid)} started`);
}

/** Temporal's own page of a job; null where the server has no pages of its own. */
async function pageOf(context: GatewayContext, workflowId: string): Promise<string | null> {
  const temporal = await findTemporal(context.config);
  if (temporal?.uiUrl == null) return null;
  const place = `namespaces/${encodeURIComponent(temporal.namespace)}/workflows`;
  return `${temporal.uiUrl}/${place}/${encodeURIComponent(workflowId)}`;
}

export function createServicesPort(context: GatewayContext): ServicesPort {
  const { config, log } = context;
  return {
    up: async (announce) => {
      const { services, reports } = await bringUp(context, announce);
      const worker = await bringUpWorker(context, services);
      const state = worker.started ? 'made' : 'found';
      const detail = `process ${String(worker.pid)}`;
      return [...reports, { service: 'worker', state, detail, todo: null }];
    },
    down: async () => {
      const stopped = await stopServices(config, log);
      return stopped
        .filter((entry) => entry.stopped)
        .map(({ service }) => ({ service, state: 'stopped', detail: '', todo: null }));
    },
    diagnose: () => diagnose(config),
    pageOf: (entry) => pageOf(context, entry.workflowId),
  };
}
