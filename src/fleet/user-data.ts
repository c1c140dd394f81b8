// User data for cloud-init: what makes a worker of a new machine. Nothing in it is secret, since every process of the machine may
// read it; credentials come from the machine's role. Pure.
import { AppError } from '../errors.ts';
import { yamlText } from '../schema/yaml-text.ts';
import type { MachineFile } from './machine.ts';

export interface UserData {
  readonly files: readonly MachineFile[];
  /** Debian's, beside those that every machine needs. */
  readonly packages: readonly string[];
  /** Before the worker starts, for example to fetch what lies in the cloud's store of secrets. */
  readonly commands: readonly (readonly string[])[];
  /** MACHINE_FOLDER but in tests. */
  readonly folder: string;
}

/** Of Debian 13, where Docker's client is a package of its own. */
const PACKAGES = ['ca-certificates', 'curl', 'docker-cli', 'docker.io'];
/** What EC2 takes; others take more. */
const BYTES_MAX = 16_384;

/** Throws AppError `config-invalid` where it is longer than a cloud takes. */
export function userDataText({ files, packages, commands, folder }: UserData): string {
  const document = {
    package_update: true,
    packages: [...new Set([...PACKAGES, ...packages])].sort(),
    write_files: files.map(({ path, mode, content }) => ({
      path,
      owner: 'root:root',
      permissions: mode,
      content,
    })),
    runcmd: [...commands, [`${folder}/bin/prepare`]],
  };
  const text = `#cloud-config\n${yamlText(document)}`;
  const bytes = Buffer.byteLength(text);
  if (bytes <= BYTES_MAX) return text;
  throw new AppError(
    'config-invalid',
    `user data of ${String(bytes)} bytes is more than the ${String(BYTES_MAX)} that a cloud takes; ` +
      'shorten `machine.variables` and `machine.commands` of the fleet',
  );
}
