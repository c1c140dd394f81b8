// tracemill verify: recomputes everything that the manifest of a set claims.
import type { Answer } from './answers.ts';
import type { Command } from 'commander';
import { visible } from '../render/visible.ts';
import type { CommandContext, ExitCode, JsonOption, Run } from './context.ts';
import { JSON_FLAG, JSON_HELP } from './context.ts';
import { wholeNumber } from './numbers.ts';
import type { Verification, VerifyCheck } from '../contract/verification.ts';
import type { ReplayAnswer } from './ports.ts';
import type { Paint } from './print.ts';
import { findTarget } from './target.ts';
import { grouped } from '../core/grouped.ts';
import { counted } from './table.ts';

/** More checks of one kind that hold are one line: a set may have thousands of objects. */
const ALIKE_SHOWN = 4;

/** Checks that hold, with many of one name folded into one; what failed stays as it is. */
function folded(checks: readonly VerifyCheck[]): VerifyCheck[] {
  const sizes = new Map<string, number>();
  for (const { name, holds } of checks) if (holds) sizes.set(name, (sizes.get(name) ?? 0) + 1);
  const told = new Set<string>();
  return checks.flatMap((check) => {
    const size = sizes.get(check.name) ?? 0;
    if (!check.holds || size <= ALIKE_SHOWN) return [check];
    if (told.has(check.name)) return [];
    told.add(check.name);
    return [{ ...check, object: null, detail: `${grouped(size)} of them hold` }];
  });
}

/** One line for each check; a failed one names its object. */
export function verificationText(verification: Verification, paint: Paint): string {
  const lines = folded(verification.checks).map((check) => {
    const mark = check.holds ? paint('green', 'ok    ') : paint('red', 'FAILED');
    const object = check.object === null ? '' : `${check.object}: `;
    return `${mark}  ${check.name}  ${visible(`${object}${check.detail}`)}`.trimEnd();
  });
  const failed = verification.checks.filter((check) => !check.holds).length;
  const size = `${counted(verification.objects, 'object')}, ${counted(verification.rows, 'row')}`;
  const end =
    failed === 0
      ? paint('green', `${verification.set} is whole: ${size}.`)
      : paint('red', `${verification.set} is damaged: ${counted(failed, 'check')} failed.`);
  return [...lines, end].join('\n');
}

interface VerifyFlags extends JsonOption {
  readonly replay?: string;
  readonly seed: number;
}

const SEED_MAX = 2 ** 32 - 1;
const ID_SHOWN = 12;

function replayText(replay: ReplayAnswer, paint: Paint): string {
  const { drawn, agreed, disagreed, skipped, disagreements, record } = replay;
  const lines = disagreements.map(
    ({ id, file, row, differs }) =>
      `${paint('red', 'FAILED')}  replay  row ${String(row)} of ${file} (${id.slice(0, ID_SHOWN)}): ${differs.join(', ')} differ`,
  );
  const counts = `${counted(drawn, 'row')} ran again by the reference tracer: ${grouped(agreed)} agree, ${grouped(disagreed)} do not`;
  const left = skipped === 0 ? '' : `; ${grouped(skipped)} are of kinds that it does not follow`;
  const end = paint(disagreed === 0 ? 'green' : 'red', `${counts}${left}.`);
  return [...lines.map(visible), end, `  ${record}`].join('\n');
}

async function verify(
  { gateway, print, isJson }: CommandContext,
  reference: string,
  flags: VerifyFlags,
): Promise<ExitCode> {
  const target = await findTarget(gateway, reference);
  const { bucket, set } = target;
  const verification = await (await gateway.sets()).verify(bucket, set);
  const holds = verification.checks.every((check) => check.holds);
  if (!isJson) print.answer(verificationText(verification, print.paint));
  // Rows of damaged files would be echoes of the damage.
  const ask = { bucket, set, share: flags.replay ?? '', seed: flags.seed };
  const replay =
    flags.replay === undefined || !holds
      ? null
      : await gateway.replay(ask, (line) => {
          print.note(line);
        });
  const agrees = replay === null || replay.disagreed === 0;
  if (isJson) {
    print.json({ ...verification, holds: holds && agrees, replay } satisfies Answer<'verify'>);
  } else if (replay !== null) print.answer(replayText(replay, print.paint));
  return holds && agrees ? 0 : 1;
}

export function registerVerify(program: Command, run: Run): void {
  program
    .command('verify')
    .description('recompute all that a data set claims')
    .argument('[SET|JOB]', 'which data set', '@last')
    .option('--replay <SHARE>', 'run so many of its rows again by the reference tracer, such as 1%')
    .option('--seed <N>', 'with --replay: which rows', wholeNumber('--seed', 0, SEED_MAX), 1)
    .option(JSON_FLAG, JSON_HELP)
    .action((reference: string, flags: VerifyFlags) =>
      run(flags, (context) => verify(context, reference, flags)),
    );
}
