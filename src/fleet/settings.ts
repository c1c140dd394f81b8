// The document that describes a fleet. Unknown keys are refused.
import { z } from 'zod';
import { MACHINE_FOLDER } from './machine.ts';

const areUnlike = (hosts: readonly { readonly name: string }[]): boolean =>
  new Set(hosts.map(({ name: one }) => one)).size === hosts.length;

const name = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,30}$/, 'is not a name of small letters, digits and dashes')
  .describe('name of the fleet; one loop at a time is in charge of it');

const docker = z.strictObject({
  kind: z.literal('docker'),
  image: z.string().nullable().default(null).describe('of the worker; without it one is built'),
});

const aws = z.strictObject({
  kind: z.literal('aws'),
  region: z.string().min(1),
  group: z.string().min(1).describe('name of the Auto Scaling group'),
  hook: z.string().min(1).default('drain').describe('name of its lifecycle hook on termination'),
  endpoint: z.url().nullable().default(null).describe('null is AWS itself'),
});

const hostName = z
  .string()
  .regex(
    /^[A-Za-z0-9](?:[A-Za-z0-9.-]{0,61}[A-Za-z0-9])?$/,
    'is not a name of letters, digits, dots and dashes',
  );

const host = z
  .union([
    hostName.transform((address) => ({ name: address, address, port: null, user: null })),
    z.strictObject({
      name: hostName.describe('of the machine in the fleet'),
      address: z
        .string()
        .regex(/^[A-Za-z0-9][A-Za-z0-9.:%-]*$/, 'is not the name or address of a host'),
      port: z.number().int().min(1).max(65_535).nullable().default(null),
      user: z
        .string()
        .regex(/^[A-Za-z_][A-Za-z0-9_.-]*$/)
        .nullable()
        .default(null),
    }),
  ])
  .describe('a name, or `{ name, address, port, user }`');

const path = z.string().regex(/^[^\0\n"%]+$/, 'is not a path without quotes, % and line ends');

const ssh = z.strictObject({
  kind: z.literal('static'),
  hosts: z.array(host).min(1).max(1_000),
  user: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_.-]*$/)
    .default('root')
    .describe('who is not root must be let use sudo'),
  port: z.number().int().min(1).max(65_535).default(22),
  identity: path.nullable().default(null).describe('file of a private key; ssh chooses without it'),
  knownHosts: path
    .nullable()
    .default(null)
    .describe("file of the hosts' keys; ssh's own without it"),
  connectSeconds: z.number().int().min(1).max(60).default(10),
  folder: z
    .string()
    .regex(/^\/[A-Za-z0-9._/-]+$/)
    .default(MACHINE_FOLDER)
    .describe('where what a worker needs lies on the hosts'),
});

const digest = z
  .string()
  .regex(
    /^(?:[a-z0-9][a-z0-9./:_-]*@)?sha256:[0-9a-f]{64}$/,
    'is not sha256:… or REPOSITORY@sha256:…',
  );
const secretName = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,62}$/);

const machine = z.strictObject({
  images: z
    .strictObject({ worker: digest, sandbox: digest })
    .describe('as `image push` prints them'),
  environment: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .nullable()
    .default(null)
    .describe('fingerprint that its sandboxes must have'),
  roles: z
    .array(z.enum(['job', 'trace', 'refine']))
    .min(1)
    .default(['trace']),
  variables: z
    .record(z.string().regex(/^TRACEMILL_[A-Z0-9_]+$/), z.string().regex(/^[^\0\r\n]*$/))
    .default({})
    .describe("more of its worker's configuration"),
  secrets: z
    .record(secretName, z.strictObject({ file: z.string().min(1) }))
    .default({})
    .describe('files of this machine that a host gets as /run/secrets/NAME; static only'),
  packages: z
    .array(z.string().regex(/^[a-z0-9][a-z0-9+.-]+$/))
    .default([])
    .describe("more of Debian's packages; user data only"),
  commands: z
    .array(z.array(z.string().min(1)).min(1))
    .default([])
    .describe('before the worker starts; user data only'),
  logs: z
    .strictObject({
      driver: z.string().regex(/^[a-z0-9-]+$/),
      options: z
        .record(z.string().regex(/^[a-z0-9.-]+$/), z.string().regex(/^[A-Za-z0-9._/:=-]+$/))
        .default({}),
    })
    .nullable()
    .default(null)
    .describe('logging driver of Docker beside the journal'),
});

export const fleetSettingsSchema = z
  .strictObject({
    fleetVersion: z.literal(1),
    name,
    queue: z
      .enum(['trace', 'refine', 'llm'])
      .default('trace')
      .describe('that the machines serve; a fleet for each'),
    provider: z.discriminatedUnion('kind', [docker, aws, ssh]),
    machine: machine.nullable().default(null).describe('what machines elsewhere are told'),
    slotsPerVm: z.number().int().min(1).max(256).default(1).describe('sandbox slots of a machine'),
    min: z.number().int().min(0).max(1_000).default(0).describe('machines while there is work'),
    max: z.number().int().min(1).max(1_000),
    price: z.number().nonnegative().default(0).describe('of a machine for an hour'),
    budget: z.number().positive().nullable().default(null).describe('never spent more than this'),
    deadline: z.iso
      .datetime({ offset: true })
      .nullable()
      .default(null)
      .describe('when the work is to be done'),
    bootSeconds: z
      .number()
      .positive()
      .max(3_600)
      .default(120)
      .describe('from launch to the first batch'),
    interruptionsPerHour: z.number().min(0).max(10).default(0.05).describe('of one machine'),
    batchSeconds: z
      .number()
      .positive()
      .nullable()
      .default(null)
      .describe('what a batch of the pass trace takes, where a pilot told'),
    pollSeconds: z.number().min(1).max(60).default(15).describe('between two decisions'),
  })
  .refine(({ min, max }) => min <= max, { error: '`min` is above `max`', path: ['min'] })
  .refine(({ provider, machine: told }) => provider.kind !== 'static' || told !== null, {
    error: '`provider` of kind static needs `machine`',
    path: ['machine'],
  })
  .refine(({ provider }) => provider.kind !== 'static' || areUnlike(provider.hosts), {
    error: 'two hosts have one name',
    path: ['provider', 'hosts'],
  })
  .refine(
    ({ queue, machine: told }) => told === null || told.roles.some((role) => role === queue),
    {
      error: '`machine.roles` lacks the queue of the fleet',
      path: ['machine', 'roles'],
    },
  )
  .refine(({ queue, provider }) => queue !== 'llm' || provider.kind !== 'docker', {
    error:
      'containers of this host are not given the key of a language model; start `tracemill worker --roles llm`',
    path: ['queue'],
  })
  .refine(({ budget, price }) => budget === null || price > 0, {
    error: '`budget` needs a `price` above 0',
    path: ['budget'],
  });

export type FleetSettings = z.infer<typeof fleetSettingsSchema>;
export type MachineSettings = NonNullable<FleetSettings['machine']>;
