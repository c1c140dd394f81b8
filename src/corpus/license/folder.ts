// The licence of a folder: its licence files, else its pyproject.toml, else that of the folder around it.
import { parse } from 'smol-toml';
import { licenseOfMetadata, NO_LICENSE, unrecognised } from './metadata.ts';
import type { License, LicenseFields } from './metadata.ts';
import { headerOf, isLicenseFile, licenseOfText } from './texts.ts';

const PROJECT_FILE = 'pyproject.toml';
/** Licence files of one folder: more are a collection of other people's licences. */
const FILES_MAX = 20;

/** Whether a name is one that `licenseOfFolder` would read. */
export function tellsLicense(name: string): boolean {
  return name === PROJECT_FILE || isLicenseFile(name);
}

const isText = (value: unknown): value is string => typeof value === 'string';

function tableOf(value: unknown): Readonly<Record<string, unknown>> {
  const isTable = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isTable ? (value as Record<string, unknown>) : {};
}

/** `license` and `classifiers` of a pyproject.toml; what is no TOML says nothing. */
export function projectFields(text: string): LicenseFields {
  let project: Readonly<Record<string, unknown>>;
  try {
    project = tableOf(tableOf(parse(text))['project']);
  } catch {
    return { expression: null, classifiers: [], text: null };
  }
  const { license, classifiers } = project;
  const inTable = tableOf(license)['text'];
  return {
    expression: isText(license) ? license : null,
    classifiers: Array.isArray(classifiers) ? classifiers.filter(isText) : [],
    text: isText(inTable) ? inTable : null,
  };
}

/** The one licence of some licence files; several, or one that is not known, leave their names. */
export function licenseOfFiles(files: ReadonlyMap<string, string>): License {
  const names = [...files.keys()].sort();
  if (names.length === 0) return NO_LICENSE;
  const ids = new Set([...files.values()].map(licenseOfText));
  const [id] = ids;
  if (ids.size === 1 && id !== undefined && id !== null) {
    return { license: id, source: `license-file: ${names[0] ?? ''}` };
  }
  return unrecognised('license-file', names.join(', '));
}

/**
 * `files` are the paths and texts of the folder's own files of which `tellsLicense` holds; `around` is the licence of the
 * folder around it.
 */
export function licenseOfFolder(files: ReadonlyMap<string, string>, around: License): License {
  const isProject = (path: string): boolean =>
    path === PROJECT_FILE || path.endsWith(`/${PROJECT_FILE}`);
  const texts = [...files].filter(([path]) => !isProject(path));
  const [project] = [...files].filter(([path]) => isProject(path));
  const byFile = licenseOfFiles(new Map(texts.slice(0, FILES_MAX)));
  if (byFile.license !== null) return byFile;
  const byProject =
    project === undefined ? NO_LICENSE : licenseOfMetadata(projectFields(project[1]));
  if (byProject.license !== null) return byProject;
  if (byFile.source !== null) return byFile;
  return byProject.source === null ? around : byProject;
}

/** A header of the file itself says more than anything around it. */
export function licenseOfSource(text: string, around: License): License {
  const header = headerOf(text);
  if (header === null) return around;
  const { expression, raw } = header;
  if (expression === null) return unrecognised('header', raw);
  return { license: expression, source: 'header' };
}
