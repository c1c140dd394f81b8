// The closed list of faults. docs/errors.md has a heading for each that says what the operator should do.

export const ERROR_CODES = [
  // usage and configuration: exit code 2
  'usage',
  'config-invalid',
  'spec-invalid',
  'spec-not-built-yet',
  'policy-invalid',
  'corpus-missing',
  'corpus-unreadable',
  'corpus-empty',
  'job-not-found',
  'row-not-found',
  'set-exists',
  'export-conflict',
  'temporal-denied',
  // services: exit code 3
  'temporal-unreachable',
  'store-unreachable',
  'docker-unreachable',
  'service-not-available',
  'index-unreachable',
  'llm-unreachable',
  // the store
  'store-denied',
  'store-timeout',
  'object-missing',
  'object-damaged',
  'shard-conflict',
  // the sandbox
  'image-missing',
  'sandbox-unsafe',
  'sandbox-start-failed',
  'sandbox-died',
  'sandbox-starved',
  'wire-violation',
  'environment-mismatch',
  // the language model
  'llm-denied',
  // the job
  'pass-failed',
  'worker-lost',
  'require-not-met',
  'notice-refused',
  'balance-broken',
  'verify-failed',
  'internal',
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];
