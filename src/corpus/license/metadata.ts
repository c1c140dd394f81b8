// Licences in the metadata of a package: PEP 639 expressions, classifiers, and the free text of the field License.
// Names that mean one licence are listed; names that may mean several ("BSD") are not.
import { licenseExpression } from '../../schema/license.ts';

const CLASSIFIERS: Readonly<Record<string, string>> = {
  'MIT License': 'MIT',
  'MIT No Attribution License (MIT-0)': 'MIT-0',
  'Apache Software License': 'Apache-2.0',
  'ISC License (ISCL)': 'ISC',
  'Mozilla Public License 2.0 (MPL 2.0)': 'MPL-2.0',
  'GNU General Public License v2 (GPLv2)': 'GPL-2.0-only',
  'GNU General Public License v2 or later (GPLv2+)': 'GPL-2.0-or-later',
  'GNU General Public License v3 (GPLv3)': 'GPL-3.0-only',
  'GNU General Public License v3 or later (GPLv3+)': 'GPL-3.0-or-later',
  'GNU Lesser General Public License v2 (LGPLv2)': 'LGPL-2.0-only',
  'GNU Lesser General Public License v2 or later (LGPLv2+)': 'LGPL-2.0-or-later',
  'GNU Lesser General Public License v3 (LGPLv3)': 'LGPL-3.0-only',
  'GNU Lesser General Public License v3 or later (LGPLv3+)': 'LGPL-3.0-or-later',
  'GNU Affero General Public License v3': 'AGPL-3.0-only',
  'GNU Affero General Public License v3 or later (AGPLv3+)': 'AGPL-3.0-or-later',
  'Python Software Foundation License': 'PSF-2.0',
  'The Unlicense (Unlicense)': 'Unlicense',
  'zlib/libpng License': 'Zlib',
  'Boost Software License 1.0 (BSL-1.0)': 'BSL-1.0',
  'Eclipse Public License 2.0 (EPL-2.0)': 'EPL-2.0',
  'European Union Public Licence 1.2 (EUPL 1.2)': 'EUPL-1.2',
  'Zero-Clause BSD (0BSD)': '0BSD',
  'CC0 1.0 Universal (CC0 1.0) Public Domain Dedication': 'CC0-1.0',
};

/** Free texts, in lower case with single spaces, without a leading "the" and a trailing full stop. */
const NAMES: Readonly<Record<string, string>> = {
  'mit license': 'MIT',
  'mit licence': 'MIT',
  'expat license': 'MIT',
  'apache 2.0': 'Apache-2.0',
  'apache 2': 'Apache-2.0',
  'apache-2': 'Apache-2.0',
  'apache license 2.0': 'Apache-2.0',
  'apache license, version 2.0': 'Apache-2.0',
  'apache license version 2.0': 'Apache-2.0',
  'apache software license 2.0': 'Apache-2.0',
  'apache license v2.0': 'Apache-2.0',
  'bsd 2-clause': 'BSD-2-Clause',
  'bsd 2-clause license': 'BSD-2-Clause',
  'simplified bsd': 'BSD-2-Clause',
  'bsd 3-clause': 'BSD-3-Clause',
  'bsd 3-clause license': 'BSD-3-Clause',
  '3-clause bsd': 'BSD-3-Clause',
  '3-clause bsd license': 'BSD-3-Clause',
  'bsd-3-clause license': 'BSD-3-Clause',
  'new bsd': 'BSD-3-Clause',
  'new bsd license': 'BSD-3-Clause',
  'modified bsd license': 'BSD-3-Clause',
  'isc license': 'ISC',
  'mpl 2.0': 'MPL-2.0',
  'mpl v2.0': 'MPL-2.0',
  'mozilla public license 2.0': 'MPL-2.0',
  'mozilla public license 2.0 (mpl 2.0)': 'MPL-2.0',
  gplv2: 'GPL-2.0-only',
  'gplv2+': 'GPL-2.0-or-later',
  gplv3: 'GPL-3.0-only',
  'gplv3+': 'GPL-3.0-or-later',
  lgplv3: 'LGPL-3.0-only',
  'lgplv3+': 'LGPL-3.0-or-later',
  'psf license': 'PSF-2.0',
  psf: 'PSF-2.0',
  'psf-2.0': 'PSF-2.0',
  'python software foundation license': 'PSF-2.0',
  unlicense: 'Unlicense',
  'zlib license': 'Zlib',
};

const CLASSIFIER = /^License :: (?:OSI Approved :: )?(.+)$/;
/** What is kept of a text that says nothing we know. */
const RAW_CHARACTERS_MAX = 200;

/** A licence as SPDX, and where that is known from; a licence that is not recognised leaves its raw text in the source. */
export interface License {
  readonly license: string | null;
  readonly source: string | null;
}

export const NO_LICENSE: License = { license: null, source: null };

/** `source` and the text after it, where it is short enough to be one. */
export function unrecognised(source: string, raw: string): License {
  const text = raw.replace(/\s+/g, ' ').trim();
  const fits = text !== '' && text.length <= RAW_CHARACTERS_MAX;
  return { license: null, source: fits ? `${source}: ${text}` : null };
}

function licenseOfName(raw: string): string | null {
  const expression = licenseExpression(raw);
  if (expression !== null) return expression;
  const name = raw.toLowerCase().replace(/\s+/g, ' ').trim();
  return NAMES[name.replace(/^the /, '').replace(/\.$/, '')] ?? null;
}

/** Several licence classifiers say that one may choose, or not: nobody knows, so only one is taken. */
function licenseOfClassifiers(classifiers: readonly string[]): string | null {
  const names = classifiers
    .map((classifier) => CLASSIFIER.exec(classifier.trim())?.[1])
    .filter((name) => name !== undefined && name !== 'OSI Approved');
  const [name] = names;
  return names.length === 1 && name !== undefined ? (CLASSIFIERS[name] ?? null) : null;
}

export interface LicenseFields {
  /** `License-Expression` of a wheel, or `license` of pyproject.toml. */
  readonly expression: string | null;
  readonly classifiers: readonly string[];
  /** The free text of the field `License`. */
  readonly text: string | null;
}

/** What the metadata of a package says, the most exact field first. */
export function licenseOfMetadata(fields: LicenseFields): License {
  const { expression, classifiers, text } = fields;
  const known =
    (expression === null ? null : licenseOfName(expression)) ??
    licenseOfClassifiers(classifiers) ??
    (text === null ? null : licenseOfName(text));
  if (known !== null) return { license: known, source: 'metadata' };
  const named = classifiers.filter((each) => CLASSIFIER.test(each.trim()));
  return unrecognised('metadata', expression ?? text ?? named.join('; '));
}

/** Fields of a core metadata file (METADATA of a wheel, PKG-INFO of an sdist): mail headers up to the first empty line. */
export function licenseFieldsOf(metadata: string): LicenseFields {
  const [head = ''] = metadata.replace(/\r\n?/g, '\n').split('\n\n', 1);
  const lines = head.replace(/\n[ \t]+/g, ' ').split('\n');
  const all = (name: string): string[] =>
    lines
      .filter((line) => line.toLowerCase().startsWith(`${name.toLowerCase()}:`))
      .map((line) => line.slice(name.length + 1).trim())
      .filter((value) => value !== '' && value !== 'UNKNOWN');
  return {
    expression: all('License-Expression')[0] ?? null,
    classifiers: all('Classifier'),
    text: all('License')[0] ?? null,
  };
}
