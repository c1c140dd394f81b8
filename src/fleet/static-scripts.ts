// What a host of a static fleet is asked to do, as scripts for its shell. Pure.
import type { MachineFile } from './machine.ts';
import { shellWord, writeFileLines } from './shell.ts';

export interface HostPlace {
  readonly fleet: string;
  /** MACHINE_FOLDER but in tests. */
  readonly folder: string;
}

export interface Launch extends HostPlace {
  /** Of the host in the fleet. */
  readonly name: string;
  /** Since the epoch. */
  readonly atMs: number;
  readonly files: readonly MachineFile[];
  /** By their names in `secrets`. */
  readonly secrets: Readonly<Record<string, string>>;
}

export interface HostStatus {
  /** Fleet that has the host; empty where none has. */
  readonly fleet: string;
  readonly launchedAtMs: number | null;
  readonly isLeaving: boolean;
  /** As systemd says. */
  readonly active: string;
  readonly restarts: number;
  readonly lastWords: string;
}

const UNIT = 'tracemill-worker.service';
/** Of the launch script: another fleet was faster. */
export const TAKEN = 75;
const LOG_LINES = 5;
const DIRECTORIES = ['/etc/systemd/system', '/etc/sysusers.d', '/etc/systemd/journald.conf.d'];

const head = ({ folder, fleet }: HostPlace): string =>
  [`folder=${shellWord(folder)}`, `fleet=${shellWord(fleet)}`].join('\n');

/** Does nothing on a host that another fleet has, or none. */
const ifOurs = (place: HostPlace, ...lines: readonly string[]): string =>
  [
    'set -u',
    head(place),
    '[ "$(sed -n 1p "$folder/fleet" 2>/dev/null)" = "$fleet" ] || exit 0',
    ...lines,
    '',
  ].join('\n');

export function statusScript({ folder }: Pick<HostPlace, 'folder'>): string {
  return [
    'set -u',
    `folder=${shellWord(folder)}`,
    'echo "fleet=$(sed -n 1p "$folder/fleet" 2>/dev/null)"',
    'echo "launched=$(sed -n 2p "$folder/fleet" 2>/dev/null)"',
    '[ ! -e "$folder/leaving" ] || echo leaving=yes',
    `systemctl show --property=ActiveState,NRestarts ${UNIT}`,
    `journalctl --unit=${UNIT} --lines=${String(LOG_LINES)} --output=cat --no-pager 2>/dev/null | sed 's/^/said=/'`,
    '',
  ].join('\n');
}

export function parseStatus(stdout: string): HostStatus {
  const lines = stdout.split('\n').map((line): [string, string] => {
    const at = line.indexOf('=');
    return [line.slice(0, at), line.slice(at + 1)];
  });
  const fields = new Map(lines);
  const launched = Number(fields.get('launched') ?? '');
  const said = lines.filter(([name]) => name === 'said').map(([, text]) => text);
  return {
    fleet: fields.get('fleet') ?? '',
    launchedAtMs: launched > 0 ? launched : null,
    isLeaving: fields.has('leaving'),
    active: fields.get('ActiveState') ?? 'inactive',
    restarts: Number(fields.get('NRestarts') ?? 0),
    lastWords: said.join(' | '),
  };
}

/** Whoever creates the file `fleet` has the host; what fails afterwards gives it back. */
export function launchScript({ name, atMs, files, secrets, ...place }: Launch): string {
  const { folder } = place;
  const claim = shellWord(`${place.fleet}\n${String(atMs)}\n`);
  return [
    'set -eu',
    head(place),
    'umask 022',
    `mkdir -p "$folder/bin" "$folder/secrets" ${DIRECTORIES.join(' ')}`,
    `(set -C && printf %s ${claim} >"$folder/fleet") 2>/dev/null || exit ${String(TAKEN)}`,
    `trap 'rm -f "$folder/fleet"' EXIT`,
    'rm -f "$folder/leaving"',
    'chmod 0700 "$folder/secrets"',
    ...writeFileLines(`${folder}/name`, '0644', `${name}\n`),
    ...files.flatMap(({ path, mode, content }) => writeFileLines(path, mode, content)),
    ...Object.entries(secrets).flatMap(([secret, content]) =>
      writeFileLines(`${folder}/secrets/${secret}`, '0400', content),
    ),
    '"$folder/bin/prepare"',
    'trap - EXIT',
    '',
  ].join('\n');
}

export const drainScript = (place: HostPlace): string =>
  ifOurs(
    place,
    'touch "$folder/leaving"',
    `systemctl disable --quiet ${UNIT}`,
    `systemctl stop --no-block ${UNIT}`,
  );

/** The unit is stopped after its processes were killed, so that it is not started again. */
export const terminateScript = (place: HostPlace): string =>
  ifOurs(
    place,
    `systemctl disable --quiet ${UNIT}`,
    `systemctl kill --signal=KILL ${UNIT} 2>/dev/null`,
    `systemctl stop ${UNIT}`,
    `systemctl reset-failed ${UNIT} 2>/dev/null`,
    '"$folder/bin/run-worker" clean',
    'rm -f "$folder/leaving" "$folder/fleet"',
  );
