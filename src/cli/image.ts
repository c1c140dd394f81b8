// tracemill image: the images of sandbox and worker by their digests, out of this machine's Docker and into another's.
import type { Command } from 'commander';
import { AppError } from '../errors.ts';
import type { Answer } from './answers.ts';
import type { CommandContext, ExitCode, JsonOption, Run } from './context.ts';
import { JSON_FLAG, JSON_HELP } from './context.ts';
import { IMAGE_NAMES } from './image-port.ts';
import type { ImageName, ImagePort, PlacedImage } from './image-port.ts';
import { findJob } from './job-ref.ts';
import { byteSize } from './table.ts';

interface ImageFlags extends JsonOption {
  readonly only?: string;
  readonly to?: string;
  readonly job?: string;
}

interface Asked {
  readonly what: string | undefined;
  readonly flags: ImageFlags;
}

/** `host/path`, as registries name repositories, without tag or digest. */
const REPOSITORY = /^[a-z0-9.-]+(?::\d+)?(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)+$/;
const DIGEST = /^(?:[^@\s]+@)?sha256:[0-9a-f]{64}$/;

const usage = (message: string): AppError => new AppError('usage', message);

function namesOf(only: string | undefined): readonly ImageName[] {
  if (only === undefined) return IMAGE_NAMES;
  const name = IMAGE_NAMES.find((known) => known === only);
  if (name !== undefined) return [name];
  throw usage(`--only ${JSON.stringify(only)} is not one of ${IMAGE_NAMES.join(', ')}`);
}

const amount = ({ bytes }: PlacedImage): string => (bytes === null ? '' : ` (${byteSize(bytes)})`);

async function push(context: CommandContext, { what, flags }: Asked): Promise<ExitCode> {
  const { gateway, print, isJson } = context;
  if (what !== undefined) throw usage('image push takes no image; --only names one of them');
  if (flags.job !== undefined) throw usage('--job is for image pull');
  const names = namesOf(flags.only);
  const repository = flags.to ?? null;
  if (repository !== null && !REPOSITORY.test(repository)) {
    throw usage(
      `--to ${JSON.stringify(repository)} is no repository; write for example registry.example.com/tracemill`,
    );
  }
  const port = await gateway.images();
  const images = await port.push(names, repository, (line) => {
    print.note(line);
  });
  const environment = names.includes('sandbox') ? await port.environment() : null;
  if (isJson) {
    print.json({ images, environment } satisfies Answer<'image'>);
    return 0;
  }
  for (const image of images) {
    const { name, id, place, how } = image;
    print.answer(`${name ?? ''} ${id}`);
    print.answer(`  ${how === 'written' ? 'stored as' : 'was at'} ${place}${amount(image)}`);
  }
  if (environment !== null) print.answer(`environment ${environment}`);
  return 0;
}

async function referenceOf(
  { gateway }: CommandContext,
  port: ImagePort,
  { what, flags }: Asked,
): Promise<string> {
  if ((what === undefined) === (flags.job === undefined)) {
    throw usage('image pull needs the digest of an image, or --job JOB');
  }
  if (flags.job !== undefined) {
    return await port.ofJob(await findJob(await gateway.jobs(), flags.job));
  }
  const reference = what ?? '';
  if (DIGEST.test(reference)) return reference;
  throw usage(
    `${JSON.stringify(reference)} names no image by its digest; write sha256:… or REPOSITORY@sha256:…`,
  );
}

async function pull(context: CommandContext, asked: Asked): Promise<ExitCode> {
  const { gateway, print, isJson } = context;
  const { only, to } = asked.flags;
  if (only !== undefined || to !== undefined) throw usage('--only and --to are for image push');
  const port = await gateway.images();
  const image = await port.pull(await referenceOf(context, port, asked));
  if (isJson) print.json({ images: [image], environment: null } satisfies Answer<'image'>);
  else if (image.how === 'there') print.answer(`${image.id} was there.`);
  else print.answer(`${image.id} loaded from ${image.place}${amount(image)}.`);
  return 0;
}

const ACTIONS: Readonly<
  Record<string, (context: CommandContext, asked: Asked) => Promise<ExitCode>>
> = { push, pull };

export function registerImage(program: Command, run: Run): void {
  program
    .command('image')
    .description(
      'store the images of sandbox and worker by digest, and load them on other machines',
    )
    .argument('<ACTION>', 'push, or pull IMAGE')
    .argument('[IMAGE]', 'pull: sha256:… from the bucket, REPOSITORY@sha256:… from its registry')
    .option('--only <NAME>', 'push: sandbox or worker; both without it')
    .option('--to <REPOSITORY>', 'push: of a registry, as HOST/PATH; the bucket without it')
    .option('--job <JOB>', 'pull: the sandbox image that this job began with')
    .option(JSON_FLAG, JSON_HELP)
    .action((action: string, what: string | undefined, flags: ImageFlags) =>
      run(flags, (context) => {
        const act = ACTIONS[action];
        if (act === undefined) {
          throw usage(`image ${JSON.stringify(action)} is not one of push, pull`);
        }
        return act(context, { what, flags });
      }),
    );
}
