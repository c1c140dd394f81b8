// tracemill user-data: what cloud-init needs to make a worker of a new machine.
import type { Command } from 'commander';
import type { Answer } from './answers.ts';
import type { JsonOption, Run } from './context.ts';
import { JSON_FLAG, JSON_HELP } from './context.ts';

interface UserDataFlags extends JsonOption {
  readonly fleet: string;
}

export function registerUserData(program: Command, run: Run): void {
  program
    .command('user-data')
    .description("print the user data of a fleet's machines, for cloud-init; it holds no secret")
    .option('--fleet <FILE>', 'the document of the fleet', 'fleet.yaml')
    .option(JSON_FLAG, JSON_HELP)
    .action((flags: UserDataFlags) =>
      run(flags, async ({ gateway, print, isJson }) => {
        const userData = await (await gateway.fleet()).userData(flags.fleet);
        if (isJson) print.json({ userData } satisfies Answer<'user-data'>);
        else print.answer(userData.trimEnd());
        return 0;
      }),
    );
}
