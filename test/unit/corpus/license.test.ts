// Licences: what is recognised, from where, and what stays unknown with its raw text.
import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { licenseOfFolder, licenseOfSource } from '../../../src/corpus/license/folder.ts';
import {
  licenseFieldsOf,
  licenseOfMetadata,
  NO_LICENSE,
} from '../../../src/corpus/license/metadata.ts';
import { isLicenseFile, licenseOfText } from '../../../src/corpus/license/texts.ts';
import { isLicensed, licenseExpression } from '../../../src/schema/license.ts';

interface Declared {
  readonly file: string;
  readonly expression: string;
  readonly found: string | null;
}

/** Licence files of the packages that this checkout uses, with what their authors declare. */
function declared(): Declared[] {
  const root = 'node_modules';
  const folders = readdirSync(root).flatMap((name) =>
    name.startsWith('@')
      ? readdirSync(join(root, name)).map((below) => join(root, name, below))
      : [join(root, name)],
  );
  return folders.flatMap((folder) => {
    const path = join(folder, 'package.json');
    if (!existsSync(path)) return [];
    const { license } = JSON.parse(readFileSync(path, 'utf8')) as { license?: unknown };
    const expression = typeof license === 'string' ? licenseExpression(license) : null;
    if (expression === null) return [];
    return readdirSync(folder)
      .filter((name) => isLicenseFile(name) && statSync(join(folder, name)).isFile())
      .map((name) => {
        const file = join(folder, name);
        return { file, expression, found: licenseOfText(readFileSync(file, 'utf8')) };
      });
  });
}

test('licence files of hundreds of packages are what their authors declare, and none is another licence', () => {
  const files = declared();
  const right = files.filter(({ expression, found }) => found === expression);
  const wrong = files.filter(
    ({ expression, found }) => found !== null && !expression.split(/[ ()]+/).includes(found),
  );
  expect(files.length).toBeGreaterThan(250);
  expect(wrong).toEqual([]);
  expect(right.length / files.length).toBeGreaterThan(0.95);
});

describe('a licence file', () => {
  test.each([
    'LICENSE',
    'LICENCE.txt',
    'License.md',
    'COPYING',
    'COPYING.LESSER',
    'LICENSE-MIT',
    'MIT-LICENSE',
    'UNLICENSE',
  ])('may be called %s', (name) => {
    expect(isLicenseFile(name)).toBe(true);
  });
  test.each(['license.py', 'licenses.json', 'my_license_module.pyi', 'COPYINGS', 'relicensed'])(
    'is not called %s',
    (name) => {
      expect(isLicenseFile(name)).toBe(false);
    },
  );

  test('of two licences is none', () => {
    const mit = readFileSync('node_modules/zod/LICENSE', 'utf8');
    const apache = readFileSync('LICENSE', 'utf8');
    expect([licenseOfText(mit), licenseOfText(apache)]).toEqual(['MIT', 'Apache-2.0']);
    expect(licenseOfText(`${mit}\n${apache}`)).toBeNull();
  });
});

describe('a header', () => {
  const around = { license: 'MIT', source: 'metadata' };
  test.each([
    ['# SPDX-License-Identifier: BSD-3-Clause\n', 'BSD-3-Clause', 'header'],
    [
      '#!/usr/bin/env python3\n# -*- coding: utf-8 -*-\n# SPDX-License-Identifier: mit OR Apache-2.0\n',
      null,
      'header: mit OR Apache-2.0',
    ],
    [
      '# SPDX-License-Identifier: (MIT OR Apache-2.0) AND ISC\n',
      '(MIT OR Apache-2.0) AND ISC',
      'header',
    ],
    [
      '"""SPDX-License-Identifier: GPL-2.0-only WITH Classpath-exception-2.0"""',
      'GPL-2.0-only WITH Classpath-exception-2.0',
      'header',
    ],
    ['x = "see SPDX-License-Identifier: MIT"\n', 'MIT', 'metadata'],
    ['# SPDX-License-Identifier: LicenseRef-Ours\n', null, 'header: LicenseRef-Ours'],
  ])('%j', (text, license, source) => {
    expect(licenseOfSource(text, around)).toEqual({ license, source });
  });
});

describe('the metadata of a package', () => {
  const of = (metadata: string) => licenseOfMetadata(licenseFieldsOf(metadata));
  test.each([
    ['License-Expression: MIT OR Apache-2.0', 'MIT OR Apache-2.0', 'metadata'],
    ['Classifier: License :: OSI Approved :: MIT License', 'MIT', 'metadata'],
    ['Classifier: License :: OSI Approved', null, 'metadata: Classifier'],
    ['License: The MIT License', 'MIT', 'metadata'],
    ['License: BSD', null, 'metadata: BSD'],
    ['License: UNKNOWN', null, null],
    ['License: Apache License,\n  Version 2.0', 'Apache-2.0', 'metadata'],
    [
      'Classifier: License :: OSI Approved :: MIT License\nClassifier: License :: OSI Approved :: Apache Software License',
      null,
      'metadata: License :: OSI Approved :: MIT License; License :: OSI Approved :: Apache Software License',
    ],
    [
      'Classifier: License :: OSI Approved :: BSD License\nLicense: BSD-3-Clause',
      'BSD-3-Clause',
      'metadata',
    ],
    ['Name: x\n\nLicense: MIT', null, null],
  ])('%j', (fields, license, source) => {
    const found = of(`Metadata-Version: 2.4\n${fields}\n`);
    const expected =
      source === 'metadata: Classifier'
        ? { license, source: 'metadata: License :: OSI Approved' }
        : { license, source };
    expect(found).toEqual(expected);
  });
});

describe('a folder', () => {
  const mit = readFileSync('node_modules/zod/LICENSE', 'utf8');
  const around = { license: 'ISC', source: 'license-file: LICENSE' };
  const of = (files: Readonly<Record<string, string>>) =>
    licenseOfFolder(new Map(Object.entries(files)), around);

  test('has the licence of its file, then of its project, then of what is around it', () => {
    const project = '[project]\nlicense = "MPL-2.0"\n';
    expect(of({ 'a/LICENSE': mit, 'a/pyproject.toml': project })).toEqual({
      license: 'MIT',
      source: 'license-file: a/LICENSE',
    });
    expect(of({ 'pyproject.toml': project })).toEqual({ license: 'MPL-2.0', source: 'metadata' });
    expect(of({ 'pyproject.toml': 'broken = [' })).toEqual(around);
    expect(of({})).toEqual(around);
    expect(licenseOfFolder(new Map(), NO_LICENSE)).toEqual(NO_LICENSE);
  });

  test('with a licence that is not known says its name', () => {
    expect(of({ LICENSE: 'Do as you like.' })).toEqual({
      license: null,
      source: 'license-file: LICENSE',
    });
    expect(of({ 'LICENSE-MIT': mit, 'LICENSE-APACHE': readFileSync('LICENSE', 'utf8') })).toEqual({
      license: null,
      source: 'license-file: LICENSE-APACHE, LICENSE-MIT',
    });
  });
});

describe('an expression', () => {
  const choices = new Set(['MIT', 'GPL-2.0-only WITH Classpath-exception-2.0']);
  test.each([
    ['MIT', true],
    ['ISC', false],
    ['MIT OR ISC', true],
    ['MIT AND ISC', false],
    ['ISC AND (MIT OR ISC)', false],
    ['GPL-2.0-only WITH Classpath-exception-2.0', true],
    ['GPL-2.0-only', false],
    ['no expression', false],
  ])('%s fits: %s', (expression, fits) => {
    expect(isLicensed(expression, choices)).toBe(fits);
  });
});
