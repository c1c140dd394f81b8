// The workflows that the bundle registers, by name; nothing else is exported.
export { traceJob } from './trace-job.ts';
