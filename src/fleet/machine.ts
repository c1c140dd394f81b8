// What lies on a machine of a fleet, whoever provides it: scripts and the unit of infra/machine as they are, and what this fleet
// tells them. Pure.
import { AppError } from '../errors.ts';

export interface MachineSetup {
  /** `sha256:…` of the bucket, or `REPOSITORY@sha256:…`. */
  readonly images: { readonly worker: string; readonly sandbox: string };
  readonly roles: readonly string[];
  /** Configuration of the worker, without secrets. */
  readonly variables: Readonly<Record<string, string>>;
  /** Logging driver of Docker beside the journal. */
  readonly logs: {
    readonly driver: string;
    readonly options: Readonly<Record<string, string>>;
  } | null;
}

/** Texts of infra/machine by name. */
export type MachineSources = Readonly<
  Record<'load-image' | 'run-worker' | 'prepare' | 'tracemill-worker.service', string>
>;

export interface MachineFile {
  /** Absolute. */
  readonly path: string;
  readonly mode: '0644' | '0755';
  readonly content: string;
}

/** Where all but the unit lies. */
export const MACHINE_FOLDER = '/etc/tracemill';
/** Where secrets lie in the worker's container; on the machine they are in `secrets` of its folder. */
export const SECRETS_FOLDER = '/run/secrets';
/** The worker's user and its group, as infra/docker/worker.Dockerfile has them. */
const SYSUSERS = 'u tracemill 10001 "Tracemill worker"\nm tracemill docker\n';
const JOURNAL = '[Journal]\nSystemMaxUse=1G\n';

/** Lines as \`docker run --env-file\` and systemd read them: no quotes, nothing expanded. Throws AppError `config-invalid`. */
function environmentText(variables: Readonly<Record<string, string>>): string {
  const lines = Object.entries(variables).map(([name, value]) => {
    if (/[\0\r\n]/.test(value)) {
      throw new AppError(
        'config-invalid',
        `${name} has several lines, which no machine can be told`,
      );
    }
    return `${name}=${value}\n`;
  });
  return lines.sort().join('');
}

function machineText({ images, roles, logs }: MachineSetup): string {
  const options = Object.entries(logs?.options ?? {}).map(
    ([key, value]) => `--log-opt=${key}=${value}`,
  );
  return environmentText({
    TRACEMILL_WORKER_IMAGE: images.worker,
    TRACEMILL_SANDBOX_IMAGE: images.sandbox,
    TRACEMILL_WORKER_ROLES: roles.join(','),
    ...(logs === null
      ? {}
      : { TRACEMILL_LOG_DRIVER: logs.driver, TRACEMILL_LOG_OPTIONS: options.join(' ') }),
  });
}

/** Nothing in them is secret. `folder` is MACHINE_FOLDER but in tests. */
export function machineFiles(
  setup: MachineSetup,
  sources: MachineSources,
  folder = MACHINE_FOLDER,
): readonly MachineFile[] {
  const { images, variables } = setup;
  const worker = { ...variables, TRACEMILL_SANDBOX_IMAGE: images.sandbox };
  const unit = sources['tracemill-worker.service'].replaceAll(MACHINE_FOLDER, folder);
  const scripts = (['load-image', 'run-worker', 'prepare'] as const).map((name) => ({
    path: `${folder}/bin/${name}`,
    mode: '0755' as const,
    content: sources[name],
  }));
  const texts = {
    [`${folder}/worker.env`]: environmentText(worker),
    [`${folder}/machine.env`]: machineText(setup),
    '/etc/systemd/system/tracemill-worker.service': unit,
    '/etc/sysusers.d/tracemill.conf': SYSUSERS,
    '/etc/systemd/journald.conf.d/tracemill.conf': JOURNAL,
  };
  return [
    ...scripts,
    ...Object.entries(texts).map(([path, content]) => ({ path, mode: '0644' as const, content })),
  ];
}
