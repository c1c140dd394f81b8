// Reads a published set again and checks all that it says of itself: every object, every row, the ledger, the balance.
import type { Counts, Equation } from '../contract/balance.ts';
import type { Verification, VerifyCheck } from '../contract/verification.ts';
import { balanceOf } from '../core/balance.ts';
import { setManifestKey, setPrefix } from '../core/keys.ts';
import { canonicalJson } from '../identity/digest.ts';
import { SET_FORMAT_VERSION, readSetManifest } from './manifest.ts';
import type { SetManifest } from './manifest.ts';
import type { ObjectStore } from './object-store.ts';
import { keyInStore } from './set-files.ts';
import type { SetFiles } from './set-files.ts';
import { checkLedger } from './verify-ledger.ts';
import { problemsOfObject } from './verify-object.ts';
import { splitProblems } from './verify-splits.ts';
import { checkText } from './verify-text.ts';

async function objectChecks(files: SetFiles): Promise<VerifyCheck[]> {
  const checks: VerifyCheck[] = [];
  for (const entry of files.manifest.objects) {
    const problems = await problemsOfObject(files, entry);
    const object = keyInStore(files, entry);
    const holds = problems.length === 0;
    const whole = `${String(entry.bytes)} bytes, ${String(entry.rows)} rows`;
    checks.push({ name: 'object', holds, detail: holds ? whole : problems.join('; '), object });
  }
  return checks;
}

/** Objects in the set's folder that no manifest names: a reader that lists would take them for data. */
async function extraChecks({ store, manifest }: SetFiles): Promise<VerifyCheck[]> {
  const known = new Set(manifest.objects.map((entry) => keyInStore({ store, manifest }, entry)));
  known.add(setManifestKey(manifest.set));
  const extra: string[] = [];
  for await (const { key } of store.list(setPrefix(manifest.set))) {
    if (!known.has(key)) extra.push(key);
  }
  if (extra.length === 0) {
    const detail = 'the folder holds what the manifest names and nothing else';
    return [{ name: 'no extra objects', holds: true, detail, object: null }];
  }
  const detail = 'lies in the set and is not in its manifest';
  return extra.map((object) => ({ name: 'no extra objects', holds: false, detail, object }));
}

function countsCheck(manifest: SetManifest, counted: Counts): VerifyCheck {
  const wrong = Object.keys(counted).filter((name) => {
    const field = name as keyof Counts;
    return canonicalJson(counted[field]) !== canonicalJson(manifest.counts[field]);
  });
  return {
    name: 'counts',
    holds: wrong.length === 0,
    detail:
      wrong.length === 0
        ? 'the manifest counts what ledger and tables hold'
        : `the manifest counts otherwise than ledger and tables: ${wrong.join(', ')}`,
    object: wrong.length === 0 ? null : setManifestKey(manifest.set),
  };
}

function balanceChecks(manifest: SetManifest, counted: Counts): VerifyCheck[] {
  const told = new Map(
    manifest.balance.map((equation): [string, Equation] => [equation.name, equation]),
  );
  return balanceOf(counted).map(({ name, left, right, holds }) => {
    const there = told.get(name);
    const same = there?.left === left && there.right === right;
    return {
      name,
      holds: holds && same,
      detail: same
        ? `${String(left)} and ${String(right)}`
        : `${String(left)} and ${String(right)}, but the manifest says otherwise`,
      object: same ? null : setManifestKey(manifest.set),
    };
  });
}

async function textChecks(files: SetFiles): Promise<VerifyCheck[]> {
  const { text, spec } = files.manifest;
  if (text === undefined) return [];
  const name = 'texts and traces agree';
  const { rows, problems } = await checkText(files, text, spec);
  if (problems.length > 0) {
    return problems.map(({ entry, problem }) => {
      return { name, holds: false, detail: problem, object: keyInStore(files, entry) };
    });
  }
  const { states, ambiguous } = text.selfContained;
  const detail =
    `${String(rows)} texts, each what its trace gives; ` +
    `${String(ambiguous)} of ${String(states)} states have two next ones`;
  return [{ name, holds: true, detail, object: null }];
}

async function splitChecks(files: SetFiles): Promise<VerifyCheck[]> {
  const { spec } = files.manifest;
  if (spec.split === undefined) return [];
  const name = 'splits are apart';
  const problems = await splitProblems(files, spec.split);
  const shared = spec.split.by === 'repository' ? 'cluster, repository or text' : 'cluster or text';
  if (problems.length === 0) {
    return [{ name, holds: true, detail: `no ${shared} is in two of them`, object: null }];
  }
  return problems.map(({ entry, problem }) => {
    return { name, holds: false, detail: problem, object: keyInStore(files, entry) };
  });
}

async function contentChecks(files: SetFiles): Promise<VerifyCheck[]> {
  const { counts, problems } = await checkLedger(files);
  const ledger: VerifyCheck[] = problems.map(({ entry, problem }) => ({
    name: 'ledger and rows agree',
    holds: false,
    detail: problem,
    object: keyInStore(files, entry),
  }));
  if (ledger.length === 0) {
    const detail = `${String(counts.rowsPublished)} published rows, each in the ledger once`;
    ledger.push({ name: 'ledger and rows agree', holds: true, detail, object: null });
  }
  return [
    ...ledger,
    ...(await splitChecks(files)),
    ...(await textChecks(files)),
    countsCheck(files.manifest, counts),
    ...balanceChecks(files.manifest, counts),
  ];
}

/**
 * Every problem is a check that does not hold, and names its object where there is one. Throws AppError
 * `object-missing` where the set is not published, and `store-*`.
 */
export async function verifySet(store: ObjectStore, set: string): Promise<Verification> {
  const manifest = await readSetManifest(store, set);
  const files: SetFiles = { store, manifest };
  const format: VerifyCheck = {
    name: 'manifest',
    holds: manifest.set === set,
    detail: `format version ${String(SET_FORMAT_VERSION)}, job ${manifest.jobId.slice(0, 12)}`,
    object: setManifestKey(set),
  };
  const objects = await objectChecks(files);
  const extra = await extraChecks(files);
  // Contents are compared only where every object is what it should be: the rest would be echoes of one damage.
  const whole = objects.every((check) => check.holds);
  const content = whole ? await contentChecks(files) : [];
  return {
    set,
    objects: manifest.objects.length,
    rows: manifest.objects.reduce((sum, entry) => sum + entry.rows, 0),
    checks: [format, ...objects, ...extra, ...content],
  };
}
