// The --json answer of tracemill image.
import { z } from 'zod';
import { IMAGE_NAMES } from './image-port.ts';

export const image = z.strictObject({
  images: z
    .array(
      z
        .strictObject({
          name: z.enum(IMAGE_NAMES).nullable().describe('null where a digest named it'),
          id: z.string().describe('sha256:…, as the Docker Engine has it'),
          place: z.string().describe('s3://…, or REPOSITORY@sha256:… of a registry'),
          bytes: z.number().int().nonnegative().nullable().describe('null in a registry'),
          how: z.enum(['written', 'loaded', 'there']).describe('there: nothing was to be done'),
        })
        .readonly(),
    )
    .readonly(),
  environment: z
    .string()
    .nullable()
    .describe(
      'fingerprint that the sandbox image makes on this machine; null where it was not pushed',
    ),
});
