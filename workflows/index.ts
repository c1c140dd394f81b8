// The workflows that the bundle registers, by name; nothing else is exported.
export { judgeJob } from './judge-job.ts';
export { replaySet } from './replay-set.ts';
export { tellEnd } from './tell-end.ts';
export { traceJob } from './trace-job.ts';
export { traceLane } from './trace-lane.ts';
