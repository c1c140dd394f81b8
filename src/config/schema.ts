// Every environment variable: name, type, default, unit. docs/configuration.md is compared with this by a test.
import { z } from 'zod';

const HOST_PORT = /^(?:\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):[0-9]{1,5}$/;
const flag = z.enum(['on', 'off']);
const count = (max: number) => z.coerce.number().int().min(1).max(max);

export const environmentSchema = z.object({
  TRACEMILL_HOME: z
    .string()
    .default('.tracemill')
    .describe('folder for local state: services of the embedded default, their data, logs'),
  TRACEMILL_CACHE: z
    .string()
    .optional()
    .describe('folder for what was built or fetched once; default ~/.cache/tracemill'),
  TRACEMILL_LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug'])
    .default('warn')
    .describe('least level of log lines'),
  TRACEMILL_TEMPORAL_ADDRESS: z
    .string()
    .regex(HOST_PORT, 'is not host:port')
    .optional()
    .describe('host:port of a Temporal frontend; without it the embedded default is used'),
  TRACEMILL_TEMPORAL_NAMESPACE: z.string().default('default').describe('Temporal namespace'),
  TRACEMILL_TEMPORAL_TLS: flag
    .optional()
    .describe(
      'on speaks TLS to the Temporal frontend; on by itself where one of the next five is set, which need TRACEMILL_TEMPORAL_ADDRESS',
    ),
  TRACEMILL_TEMPORAL_TLS_CA_FILE: z
    .string()
    .optional()
    .describe(
      "PEM file with who signed the server's certificate; without it who this machine trusts",
    ),
  TRACEMILL_TEMPORAL_TLS_SERVER_NAME: z
    .string()
    .regex(/^[A-Za-z0-9.-]+$/, 'is not a host name')
    .optional()
    .describe("name in the server's certificate, where it is not the host of the address"),
  TRACEMILL_TEMPORAL_TLS_CERT_FILE: z
    .string()
    .optional()
    .describe("PEM file with the client's certificate, and those between it and its root"),
  TRACEMILL_TEMPORAL_TLS_KEY_FILE: z
    .string()
    .optional()
    .describe('PEM file with the key of that certificate'),
  TRACEMILL_TEMPORAL_API_KEY_FILE: z
    .string()
    .optional()
    .describe(
      'file that holds an API key of Temporal and nothing else; read again every half minute, so that a new key takes effect',
    ),
  TRACEMILL_QUEUE_PREFIX: z
    .string()
    .default('tracemill-')
    .describe('prefix of the task queues job, trace, llm and refine'),
  TRACEMILL_S3_ENDPOINT: z
    .url()
    .optional()
    .describe('URL of an S3 server; without it the embedded default is used'),
  TRACEMILL_S3_REGION: z.string().default('us-east-1').describe('region of the S3 server'),
  TRACEMILL_S3_ACCESS_KEY_ID: z
    .string()
    .optional()
    .describe(
      'S3 access key id; without it and the secret what the AWS SDK finds: a web identity, the role of the container or of the machine',
    ),
  TRACEMILL_S3_SECRET_ACCESS_KEY_FILE: z
    .string()
    .optional()
    .describe('file that holds the S3 secret access key and nothing else'),
  TRACEMILL_BUCKET: z.string().default('tracemill').describe('bucket where a spec names none'),
  TRACEMILL_DOCKER_SOCKET: z
    .string()
    .optional()
    .describe('path of the Docker Engine socket; default /var/run/docker.sock'),
  TRACEMILL_SANDBOX_IMAGE: z
    .string()
    .optional()
    .describe('reference of a sandbox image; without it infra/docker is built'),
  TRACEMILL_ENVIRONMENT: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'is not a fingerprint of 64 hex digits')
    .optional()
    .describe(
      'fingerprint that the sandboxes of a worker must have, or it does not ask for work; without it any',
    ),
  TRACEMILL_SANDBOX_PACKAGES: z
    .string()
    .optional()
    .describe(
      'path of a lock file of packages for the sandbox image; no effect with TRACEMILL_SANDBOX_IMAGE',
    ),
  TRACEMILL_PYPI_INDEX: z
    .url({ protocol: /^https?$/ })
    .refine((url) => new URL(url).username === '' && new URL(url).password === '', {
      error: 'holds a user name; write it to TRACEMILL_PYPI_USERNAME',
    })
    .default('https://pypi.org/simple/')
    .describe('URL of the simple API of a package index, for corpora of kind pypi'),
  TRACEMILL_PYPI_USERNAME: z
    .string()
    .optional()
    .describe('user of the package index; sent to its own address alone'),
  TRACEMILL_PYPI_PASSWORD_FILE: z
    .string()
    .optional()
    .describe('file that holds the password or token of the package index and nothing else'),
  TRACEMILL_BATCH_SIZE: count(5000).default(250).describe('functions per batch'),
  TRACEMILL_SLOTS: count(256).default(1).describe('sandbox slots of a worker'),
  TRACEMILL_DISPATCH_SEED: z.coerce
    .number()
    .int()
    .min(0)
    .optional()
    .describe('shuffles the order in which batches are dispatched; without it in order'),
  TRACEMILL_ASLR: flag
    .default('off')
    .describe('on leaves address randomisation on in the sandboxes (control runs only)'),
  TRACEMILL_RUNTIME: z
    .string()
    .regex(/^[a-zA-Z0-9._-]+$/)
    .optional()
    .describe(
      'name of an OCI runtime of the engine for sandboxes; without it the one of the engine',
    ),
  TRACEMILL_METRICS_ADDRESS: z
    .string()
    .regex(HOST_PORT, 'is not host:port')
    .optional()
    .describe('host:port at which a worker shows metrics; without it none are shown'),
  TRACEMILL_METRICS_TOKEN_FILE: z
    .string()
    .optional()
    .describe(
      'file that holds the token that a scraper must send; without it one is made in TRACEMILL_HOME',
    ),
  TRACEMILL_LLM_ENDPOINT: z
    .url({ protocol: /^https?$/ })
    .refine((url) => new URL(url).username === '' && new URL(url).password === '', {
      error: 'holds a user name; name a file with the key in TRACEMILL_LLM_API_KEY_FILE',
    })
    .optional()
    .describe(
      'base URL of an OpenAI-compatible API, for example https://api.openai.com/v1; needed by the role llm',
    ),
  TRACEMILL_LLM_API_KEY_FILE: z
    .string()
    .optional()
    .describe(
      'file that holds the key of that API and nothing else, read by the role llm alone; without it, or where it is empty, no key is sent',
    ),
  TRACEMILL_LLM_CONCURRENCY: count(1000).default(8).describe('requests to it at once'),
  TRACEMILL_LLM_REQUESTS_PER_MINUTE: count(1_000_000)
    .optional()
    .describe('requests to it in a minute at most; without it as many as it answers'),
  TRACEMILL_LLM_TOKENS_PER_MINUTE: count(1_000_000_000)
    .optional()
    .describe('tokens of prompts and replies in a minute at most, as they are set aside'),
  TRACEMILL_LLM_TIMEOUT_SECONDS: count(3600)
    .default(120)
    .describe('seconds that one answer may take'),
  TRACEMILL_LLM_LIMIT_FIELD: z
    .enum(['max_tokens', 'max_completion_tokens'])
    .default('max_tokens')
    .describe(
      'field of a request that bounds the reply, max_tokens or max_completion_tokens, which newer models want',
    ),
  TRACEMILL_INTERRUPTION: z
    .string()
    .regex(/^(?:aws|gcp)(?:=https?:\/\/.+)?$|^file=.+$/, 'is not aws, gcp or file=PATH')
    .optional()
    .describe(
      'where a worker reads that its machine is about to end: aws, gcp (each with =URL for another endpoint) or file=PATH',
    ),
  TRACEMILL_TEST_DATA: z
    .string()
    .default('../shared/data')
    .describe('folder of benchmark files that tests read'),
});

export type Environment = z.infer<typeof environmentSchema>;
