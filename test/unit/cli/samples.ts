// One obvious value of each kind that commands print.
import type { FleetReport } from '../../../src/cli/fleet-port.ts';
import type { Counts } from '../../../src/contract/balance.ts';
import type { LedgerRow } from '../../../src/contract/row.ts';
import type {
  DiffRow,
  JobEntry,
  JobReport,
  JudgeAnswer,
  LaunchPlan,
  PilotReport,
  PublishedSet,
  QueueReport,
  ReplayAnswer,
  RetryAnswer,
} from '../../../src/cli/ports.ts';

export const JOB_ID = `3f${'a1'.repeat(31)}`;

export const entry: JobEntry = {
  jobId: JOB_ID,
  workflowId: `examples-${JOB_ID.slice(0, 12)}`,
  name: 'examples',
  revision: 1,
  state: 'published',
  bucket: 'tracemill',
  set: 'examples@v1',
  startedAtMs: Date.UTC(2026, 10, 23, 9, 0, 0),
  endedAtMs: Date.UTC(2026, 10, 23, 9, 0, 12),
};

export const running: JobEntry = { ...entry, state: 'running', endedAtMs: null };

export const counts: Counts = {
  recordsRead: 85,
  recordsParsed: 84,
  recordsRejected: 1,
  functionsFound: 84,
  functionsKept: 83,
  functionsDuplicate: 1,
  functionsContaminated: 0,
  functionsRejected: 0,
  functionsWithInputs: 83,
  functionsWithoutInputs: 0,
  inputsFound: 240,
  inputsKept: 238,
  inputsDropped: 2,
  invocationsPlanned: 238,
  invocationsFaulted: 0,
  outcomes: 238,
  accepted: 230,
  rejected: 2,
  duplicateTraces: 6,
  rowsPublished: 232,
  byOutcome: { returned: 224, raised: 12, 'fuel-exceeded': 2 },
  byReason: { 'fuel-exceeded': 2 },
};

export const published: PublishedSet = {
  set: 'examples@v1',
  bucket: 'tracemill',
  url: 's3://tracemill/sets/examples/v1/',
  folder: null,
  objects: 3,
  bytes: 412_345,
  counts,
  balance: [{ name: 'records = parsed + rejected', left: 85, right: 85, holds: true }],
};

export const doneReport: JobReport = {
  entry,
  inFlight: null,
  failure: null,
  causes: null,
  cost: null,
  progress: {
    state: 'published',
    paused: false,
    window: 4,
    environment: 'e'.repeat(64),
    lastFault: null,
    passes: [
      {
        pass: 'ingest',
        batchesDone: 1,
        batchesTotal: 1,
        counts: { recordsRead: 85, functionsFound: 84, inputsFound: 240 },
        startedAtMs: 1_000,
        endedAtMs: 2_500,
      },
    ],
  },
};

export const runningReport: JobReport = {
  entry: running,
  inFlight: {
    activities: 8,
    slotsBusy: 4,
    passes: [
      {
        pass: 'trace',
        batches: 1.5,
        functions: 60,
        invocations: 300,
        outcomes: { returned: 290, 'fuel-exceeded': 9, faulted: 1 },
      },
    ],
    retrying: [
      {
        activity: 'traceBatch',
        attempt: 3,
        attemptsMax: 10,
        code: 'store-unreachable',
        message: 'no S3 server answers',
      },
    ],
    faults: { 'store-unreachable': 2 },
    failures: [{ cause: 'fuel-exceeded', example: 'a.py::loop#0' }],
  },
  failure: null,
  causes: null,
  cost: null,
  progress: {
    state: 'running',
    paused: false,
    window: 4,
    environment: 'e'.repeat(64),
    lastFault: null,
    passes: [
      {
        pass: 'trace',
        batchesDone: 4,
        batchesTotal: 16,
        counts: {
          outcomes: 1_200,
          invocationsFaulted: 2,
          functions: 240,
          returned: 1_180,
          raised: 20,
        },
        startedAtMs: 1_000,
        endedAtMs: null,
      },
    ],
  },
};

export const chain: readonly LedgerRow[] = [
  {
    unit: 'record',
    id: 'functions.jsonl:17',
    parent_id: null,
    stage: 'ingest',
    outcome: 'parsed',
    verdict: null,
    reasons: [],
    keeper_id: null,
    file: null,
    row: null,
    origin: null,
  },
  {
    unit: 'function',
    id: 'f'.repeat(64),
    parent_id: 'functions.jsonl:17',
    stage: 'unique',
    outcome: 'dropped',
    verdict: null,
    reasons: ['duplicate-ast'],
    keeper_id: 'd'.repeat(64),
    file: null,
    row: null,
    origin: null,
  },
];

export const queues: readonly QueueReport[] = [
  { queue: 'job', backlog: 0, oldestMs: 0, isHeldBack: false, workers: [] },
  {
    queue: 'trace',
    backlog: 14,
    oldestMs: 3_200,
    isHeldBack: false,
    workers: [
      { identity: '4711@host;slots=4', slots: 4, polledAtMs: 1_000 },
      { identity: '4712@host', slots: null, polledAtMs: 1_000 },
    ],
  },
];

export const retried: RetryAnswer = {
  revision: 2,
  from: 1,
  set: 'examples@v2',
  invocations: 12,
  functions: 9,
  batches: 1,
  byOutcome: { 'sandbox-died': 2, 'fuel-exceeded': 10 },
};

const about = (value: number) => ({ value, low: value * 0.9, high: value * 1.1 });

export const pilotReport: PilotReport = {
  sampled: 500,
  records: 100_000,
  seed: 1,
  slots: 4,
  functions: about(98_765),
  invocations: about(412_345),
  accepted: about(301_234),
  faulted: { value: 0, low: 0, high: 0 },
  yield: { value: 0.731, low: 0.7, high: 0.76 },
  reasons: [{ reason: 'crashed', ...about(1_234) }],
  bytes: about(2 ** 30),
  slotHours: about(12),
  hours: about(3),
  money: about(0.6),
  fleet: null,
};

export const launchPlan: LaunchPlan = {
  jobId: 'a'.repeat(64),
  workflowId: 'unit-aaaaaaaaaaaa',
  how: 'started',
  revision: 1,
  set: 'unit@v1',
  isSetFree: true,
  uploadBytes: 2_048,
  records: 1_200,
  batches: 5,
  environment: 'e'.repeat(64),
  ingestSealed: 5,
  trace: { batchesSealed: 3, invocations: 4_800, toRun: 48 },
  llm: null,
  fleet: null,
};

export const judged: JudgeAnswer = {
  revision: 1,
  policy: 'strict@1',
  invocations: 238,
  before: { accepted: 230, rejected: 2, duplicates: 6 },
  after: { accepted: 200, rejected: 33, duplicates: 5 },
  rowsIn: 1,
  rowsOut: 31,
  changed: 1,
  reasons: [
    { reason: 'too-few-steps', before: 0, after: 30 },
    { reason: 'fuel-exceeded', before: 2, after: 1 },
  ],
  examples: [{ change: 'out', id: 'c'.repeat(64), before: [], after: ['too-few-steps'] }],
};

export const diffRows: readonly DiffRow[] = [
  {
    change: 'removed',
    why: 'it is rejected: too-few-steps',
    functionId: 'a'.repeat(64),
    inputId: 'b'.repeat(64),
    name: 'shapes.py::area#0',
    before: 'c'.repeat(64),
    after: 'c'.repeat(64),
  },
];

export const fleetReport: FleetReport = {
  fleet: 'main',
  isInCharge: true,
  holder: '4711@host/1',
  writtenAtMs: 1_790_000_060_000,
  decidedAtMs: 1_790_000_000_000,
  desired: 3,
  window: 24,
  reasons: [{ kind: 'work', text: '40.0 h of slot time are left' }],
  machines: [
    { id: 'vm-1', state: 'live', launchedAtMs: 1_790_000_000_000 },
    { id: 'vm-2', state: 'starting', launchedAtMs: 1_790_000_000_000 },
  ],
  gone: 4,
  interrupted: 1,
  batches: 1_200,
  slotMs: 144_000_000,
  backlog: 8,
  backlogAgeMs: 20_000,
  slotsLive: 4,
  slotsBusy: 3,
  spent: 1.25,
  fault: { kind: 'no-capacity', message: 'there are none of these machines now' },
};

export const replayed: ReplayAnswer = {
  share: 0.01,
  seed: 1,
  drawn: 12,
  agreed: 9,
  disagreed: 1,
  skipped: 2,
  disagreements: [
    {
      id: 'c'.repeat(64),
      file: 'traces/train-00000-of-00001.parquet',
      row: 4,
      differs: ['events', 'return_value'],
    },
  ],
  record: 'jobs/j/revisions/1/verifications/1.json',
};
