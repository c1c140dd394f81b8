// The document that describes a fleet. Unknown keys are refused.
import { z } from 'zod';

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

export const fleetSettingsSchema = z
  .strictObject({
    fleetVersion: z.literal(1),
    name,
    provider: z.discriminatedUnion('kind', [docker, aws]),
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
  .refine(({ budget, price }) => budget === null || price > 0, {
    error: '`budget` needs a `price` above 0',
    path: ['budget'],
  });

export type FleetSettings = z.infer<typeof fleetSettingsSchema>;
