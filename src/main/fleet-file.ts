// A fleet's document, read and checked.
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { AppError } from '../errors.ts';
import { fleetSettingsSchema } from '../fleet/settings.ts';
import type { FleetSettings } from '../fleet/settings.ts';
import { parseYamlText } from '../schema/yaml-text.ts';

/** Throws AppError `config-invalid`. */
export async function readFleetFile(file: string): Promise<FleetSettings> {
  const of = { what: 'fleet', file, code: 'config-invalid' } as const;
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    const message = `fleet ${JSON.stringify(file)} cannot be read; docs/fleet.md shows how one looks`;
    throw new AppError('config-invalid', message, { cause });
  });
  const parsed = fleetSettingsSchema.safeParse(parseYamlText(text, of));
  if (parsed.success) return parsed.data;
  throw new AppError(
    'config-invalid',
    `fleet ${JSON.stringify(file)}: ${z.prettifyError(parsed.error)}`,
  );
}
