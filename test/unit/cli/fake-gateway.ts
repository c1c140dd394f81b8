// A gateway over plain values, and a run of the command line that keeps what it prints.
import { runCli } from '../../../src/cli/program.ts';
import type {
  DiffRow,
  DiffTotals,
  FoundRow,
  Gateway,
  JobEntry,
  JobReport,
  JobsPort,
  LaunchPlan,
  LaunchRequest,
  LaunchResult,
  PilotReport,
  PublishedSet,
  Sample,
  ServiceReport,
  ServicesPort,
  SetsPort,
  UpkeepPort,
  WhyChain,
  WorkerOptions,
} from '../../../src/cli/ports.ts';
import type { FleetPort, FleetReport } from '../../../src/cli/fleet-port.ts';
import type { ImagePort } from '../../../src/cli/image-port.ts';
import type { Sink } from '../../../src/cli/print.ts';
import { judged, queues, replayed, retried } from './samples.ts';
import type { CauseReport } from '../../../src/contract/job.ts';
import type { Verification } from '../../../src/contract/verification.ts';
import { AppError } from '../../../src/errors.ts';

export interface FakeParts {
  /** As Temporal lists them. */
  readonly entries?: readonly JobEntry[];
  /** As the job is by now; default as listed. */
  readonly current?: JobEntry;
  /** Reports in turn; the last one repeats. */
  readonly reports?: readonly JobReport[];
  readonly launch?: (request: LaunchRequest) => Promise<LaunchResult>;
  readonly causes?: CauseReport;
  readonly pilot?: PilotReport;
  readonly plan?: LaunchPlan;
  readonly published?: PublishedSet;
  readonly verification?: Verification;
  readonly found?: FoundRow;
  readonly chain?: WhyChain;
  readonly sample?: Sample;
  readonly diff?: readonly DiffRow[];
  readonly texts?: DiffTotals['texts'];
  readonly services?: readonly ServiceReport[];
  readonly fleet?: FleetReport;
  readonly fail?: AppError;
}

export interface Asked {
  readonly calls: string[];
  worker: WorkerOptions | null;
}

function given<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`the test gave no ${what}`);
  return value;
}

function fakeJobs(parts: FakeParts, asked: Asked): JobsPort {
  let turn = 0;
  const tell = (what: string) => (entry: JobEntry) => {
    asked.calls.push(`${what} ${entry.workflowId}`);
    return Promise.resolve();
  };
  return {
    list: () => Promise.resolve(parts.entries ?? []),
    current: (entry) => Promise.resolve(parts.current ?? entry),
    report: (entry, isServed = false) => {
      if (isServed) asked.calls.push(`report of served ${entry.workflowId}`);
      const reports = given(parts.reports, 'reports');
      const report = reports[Math.min(turn, reports.length - 1)];
      turn += 1;
      return Promise.resolve(given(report, 'report'));
    },
    causes: () => Promise.resolve(parts.causes ?? null),
    cancel: tell('cancel'),
    pause: tell('pause'),
    resume: tell('resume'),
    scale: (entry, slots) => {
      asked.calls.push(`scale ${entry.workflowId} ${String(slots)}`);
      return Promise.resolve(2 * slots);
    },
    fleet: () => Promise.resolve(queues),
  };
}

function fakeUpkeep(asked: Asked): UpkeepPort {
  const removed = { objects: 12, bytes: 4_096 };
  return {
    delete: (entry, { withSets }) => {
      asked.calls.push(`delete ${entry.workflowId} ${String(withSets)}`);
      return Promise.resolve({ sets: [entry.set], removed, collected: true });
    },
    sweep: ({ graceMs, dryRun }) => {
      asked.calls.push(`sweep ${String(graceMs)} ${String(dryRun)}`);
      return Promise.resolve({ parts: removed, content: removed, contentWasSwept: false });
    },
  };
}

function fakeSets(parts: FakeParts, asked: Asked): SetsPort {
  const note = <T>(call: string, value: T | undefined): Promise<T> => {
    asked.calls.push(call);
    if (value === undefined) {
      return Promise.reject(new AppError('row-not-found', `${call}: there is none`));
    }
    return Promise.resolve(value);
  };
  return {
    published: (bucket, set) => note(`published ${bucket} ${set}`, parts.published),
    verify: (bucket, set) => note(`verify ${bucket} ${set}`, parts.verification),
    find: ({ bucket, set, thing }) => note(`find ${bucket} ${set} ${String(thing)}`, parts.found),
    why: ({ bucket, set, thing }) => note(`why ${bucket} ${set} ${thing}`, parts.chain),
    sample: ({ bucket, set, reason, rows, seed }) =>
      note(`sample ${[bucket, set, reason, rows, seed].map(String).join(' ')}`, parts.sample),
    export: ({ bucket, set, to, format }) =>
      note(`export ${[bucket, set, to, format].join(' ')}`, [
        { name: 'README.md', bytes: 9, digest: 'd'.repeat(64), how: 'written' } as const,
      ]),
    diff: async ({ bucket, before, after }, onRow) => {
      const rows = await note(`diff ${bucket} ${before} ${after}`, parts.diff);
      for (const row of rows) await onRow(row);
      return { same: 17, texts: parts.texts ?? { before: null, after: null, same: true } };
    },
  };
}

function fakeServices(parts: FakeParts, asked: Asked): ServicesPort {
  const reports = (call: string) => () => {
    asked.calls.push(call);
    return Promise.resolve(parts.services ?? []);
  };
  return {
    up: reports('up'),
    down: reports('down'),
    diagnose: reports('diagnose'),
    pageOf: () => Promise.resolve('http://127.0.0.1:8233/job'),
  };
}

function fakeFleet(parts: FakeParts, asked: Asked): FleetPort {
  const note = <T>(call: string, value: T): Promise<T> => {
    asked.calls.push(call);
    return Promise.resolve(value);
  };
  return {
    run: (file, { untilDone }) => note(`fleet run ${file} ${String(untilDone)}`, true),
    report: (file) => note(`fleet report ${file}`, given(parts.fleet, 'fleet')),
    scale: (file, count) => note(`fleet scale ${file} ${String(count)}`, 'main'),
    drain: (file, vm) => note(`fleet drain ${file} ${vm}`, 'main'),
    userData: (file) => note(`fleet user data ${file}`, '#cloud-config\n{}\n'),
  };
}

function fakeImages(asked: Asked): ImagePort {
  const id = `sha256:${'a'.repeat(64)}`;
  return {
    push: (names, repository) => {
      asked.calls.push(`image push ${names.join(',')} ${String(repository)}`);
      const place = `s3://tracemill/images/${'a'.repeat(64)}.tar`;
      const image = { id, place, bytes: 158_000_000, how: 'written' } as const;
      return Promise.resolve(names.map((name) => ({ name, ...image })));
    },
    environment: () => Promise.resolve('e'.repeat(64)),
    pull: (reference) => {
      asked.calls.push(`image pull ${reference}`);
      return Promise.resolve({ name: null, id, place: reference, bytes: null, how: 'loaded' });
    },
    ofJob: ({ workflowId }) => {
      asked.calls.push(`image of ${workflowId}`);
      return Promise.resolve(id);
    },
  };
}

export function fakeGateway(parts: FakeParts, asked: Asked): Gateway {
  const orFail = <T>(value: T): Promise<T> =>
    parts.fail === undefined ? Promise.resolve(value) : Promise.reject(parts.fail);
  return {
    services: () => orFail(fakeServices(parts, asked)),
    jobs: () => orFail(fakeJobs(parts, asked)),
    sets: () => orFail(fakeSets(parts, asked)),
    fleet: () => orFail(fakeFleet(parts, asked)),
    images: () => orFail(fakeImages(asked)),
    launch: (request) => {
      asked.calls.push(`launch ${JSON.stringify(request)}`);
      if (parts.fail !== undefined) return Promise.reject(parts.fail);
      return given(parts.launch, 'launch')(request);
    },
    launchPilot: (request) => {
      asked.calls.push(`pilot ${JSON.stringify(request)}`);
      return given(parts.launch, 'launch')(request);
    },
    estimate: ({ entry, records, seed, pricePerCoreHour }) => {
      asked.calls.push(
        `estimate ${entry.workflowId} ${[records, seed, pricePerCoreHour].map(String).join(' ')}`,
      );
      return orFail(given(parts.pilot, 'pilot'));
    },
    planLaunch: (request, fleet) => {
      asked.calls.push(`plan ${JSON.stringify(request)} ${String(fleet)}`);
      return orFail(given(parts.plan, 'plan'));
    },
    retry: ({ entry, selection, limits, dryRun }) => {
      const what = JSON.stringify({ selection, limits, dryRun });
      asked.calls.push(`retry ${entry.workflowId} ${what}`);
      return orFail(retried);
    },
    judge: ({ entry, policy, dryRun }) => {
      asked.calls.push(`judge ${entry.workflowId} ${policy} ${String(dryRun)}`);
      return orFail(judged);
    },
    publish: ({ entry, set, policy }) => {
      asked.calls.push(`publish ${entry.workflowId} ${String(set)} ${String(policy)}`);
      return orFail({ revision: 2, from: 1, set: set ?? 'examples@v2', policy: 'strict@1' });
    },
    render: ({ of, set, texts }) => {
      asked.calls.push(`render ${of.set} ${String(set)} ${JSON.stringify(texts)}`);
      const job = { jobId: 'f'.repeat(64), workflowId: 'examples-ffffffffffff' };
      return orFail({ ...job, revision: 2, from: 1, set: set ?? 'examples@v2', formats: ['cwm'] });
    },
    replay: ({ set, share, seed }) => {
      asked.calls.push(`replay ${[set, share, seed].map(String).join(' ')}`);
      return orFail(replayed);
    },
    upkeep: () => orFail(fakeUpkeep(asked)),
    runWorker: (options) => {
      asked.worker = options;
      return Promise.resolve();
    },
    bucket: () => 'tracemill',
  };
}

export interface Told {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  readonly asked: Asked;
}

/** Runs one command line over the given parts. */
export async function tracemill(
  argv: readonly string[],
  parts: FakeParts = {},
  options: { readonly signal?: AbortSignal; readonly tty?: boolean } = {},
): Promise<Told> {
  const written = { out: '', err: '' };
  const sink = (name: 'out' | 'err'): Sink => ({
    isTTY: options.tty === true,
    columns: 100,
    hasColors: () => options.tty === true,
    write: (text) => {
      written[name] += text;
    },
  });
  const asked: Asked = { calls: [], worker: null };
  const code = await runCli({
    argv,
    version: '0.0.0-test',
    out: sink('out'),
    err: sink('err'),
    gateway: () => Promise.resolve(fakeGateway(parts, asked)),
    signal: options.signal ?? new AbortController().signal,
  });
  return { code, ...written, asked };
}
