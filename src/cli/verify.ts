// tracemill verify: recomputes everything that the manifest of a set claims.
import type { Answer } from './answers.ts';
import type { Command } from 'commander';
import { visible } from '../render/visible.ts';
import type { JsonOption, Run } from './context.ts';
import { JSON_FLAG, JSON_HELP } from './context.ts';
import type { Verification, VerifyCheck } from './ports.ts';
import type { Paint } from './print.ts';
import { findTarget } from './target.ts';
import { counted, grouped } from './table.ts';

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

export function registerVerify(program: Command, run: Run): void {
  program
    .command('verify')
    .description('recompute all that a data set claims')
    .argument('[SET|JOB]', 'which data set', '@last')
    .option(JSON_FLAG, JSON_HELP)
    .action((reference: string, options: JsonOption) =>
      run(options, async ({ gateway, print, isJson }) => {
        const target = await findTarget(gateway, reference);
        const verification = await (await gateway.sets()).verify(target.bucket, target.set);
        const holds = verification.checks.every((check) => check.holds);
        if (isJson) print.json({ ...verification, holds } satisfies Answer<'verify'>);
        else print.answer(verificationText(verification, print.paint));
        return holds ? 0 : 1;
      }),
    );
}
