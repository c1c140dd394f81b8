// Licences by their own text. A closed list, by sentences that only this licence has: a file is recognised where exactly one
// of them fits, so that a file of several licences, or of one that we do not know, stays unknown.
import { licenseExpression } from '../../schema/license.ts';

interface Known {
  readonly id: string;
  /** All of these stand in the text. */
  readonly has: readonly string[];
  /** None of these does. */
  readonly lacks?: readonly string[];
}

const MIT_GRANT =
  'permission is hereby granted free of charge to any person obtaining a copy of this software';
const MIT_NOTICE = 'the above copyright notice and this permission notice';
const BSD_SOURCE = 'redistributions of source code must retain the above copyright notice';
const BSD_BINARY = 'redistributions in binary form must reproduce the above copyright notice';
const BSD_NAMES = 'endorse or promote products derived from this software';
const BSD_ADVERTISING = 'all advertising materials mentioning features or use of this software';
const ISC_GRANT =
  'permission to use copy modify and or distribute this software for any purpose with or without fee is hereby granted';
const ISC_NOTICE =
  'provided that the above copyright notice and this permission notice appear in all copies';
const GPL = 'gnu general public license';

const KNOWN: readonly Known[] = [
  { id: 'MIT', has: [MIT_GRANT, MIT_NOTICE], lacks: ['except as contained in this notice'] },
  { id: 'MIT-0', has: [MIT_GRANT], lacks: [MIT_NOTICE, 'advertising or otherwise to promote'] },
  {
    id: 'X11',
    has: [MIT_GRANT, MIT_NOTICE, 'except as contained in this notice the name of the x consortium'],
  },
  {
    id: 'BSD-2-Clause',
    has: [BSD_SOURCE, BSD_BINARY],
    lacks: ['endorse or promote', BSD_ADVERTISING],
  },
  { id: 'BSD-3-Clause', has: [BSD_SOURCE, BSD_BINARY, BSD_NAMES], lacks: [BSD_ADVERTISING] },
  { id: 'BSD-4-Clause', has: [BSD_SOURCE, BSD_BINARY, BSD_NAMES, BSD_ADVERTISING] },
  { id: 'ISC', has: [ISC_GRANT, ISC_NOTICE] },
  { id: '0BSD', has: [ISC_GRANT], lacks: [ISC_NOTICE] },
  { id: 'Apache-2.0', has: ['apache license version 2 0 january 2004'] },
  {
    id: 'Apache-2.0',
    has: ['licensed under the apache license version 2 0 the license'],
    lacks: ['apache license version 2 0 january 2004'],
  },
  { id: 'MPL-2.0', has: ['mozilla public license version 2 0 1 definitions'] },
  { id: 'GPL-2.0-only', has: [`${GPL} version 2 june 1991`, 'preamble'] },
  { id: 'GPL-3.0-only', has: [`${GPL} version 3 29 june 2007`, 'preamble'] },
  {
    id: 'LGPL-2.1-only',
    has: ['gnu lesser general public license version 2 1 february 1999', 'preamble'],
  },
  {
    id: 'LGPL-3.0-only',
    has: ['gnu lesser general public license version 3 29 june 2007'],
    lacks: ['preamble'],
  },
  {
    id: 'AGPL-3.0-only',
    has: ['gnu affero general public license version 3 19 november 2007', 'preamble'],
  },
  {
    id: 'Unlicense',
    has: ['this is free and unencumbered software released into the public domain'],
  },
  { id: 'CC0-1.0', has: ['cc0 1 0 universal', 'affirmer'] },
  { id: 'PSF-2.0', has: ['python software foundation license version 2'] },
  {
    id: 'Zlib',
    has: [
      'altered source versions must be plainly marked as such',
      'the origin of this software must not be misrepresented',
    ],
  },
  { id: 'BSL-1.0', has: ['boost software license version 1 0 august 17th 2003'] },
  { id: 'EPL-2.0', has: ['eclipse public license v 2 0', 'the accompanying program'] },
  { id: 'EUPL-1.2', has: ['european union public licence v 1 2'] },
  { id: 'WTFPL', has: ['do what the fuck you want to public license'] },
  { id: 'BlueOak-1.0.0', has: ['blue oak model license version 1 0 0'] },
];

/** The longest licence known here has 35 KB; what is much longer is no licence alone. */
export const LICENSE_BYTES_MAX = 128 * 1024;

/** Words alone: licences are wrapped, quoted and numbered in many ways. */
function plain(text: string): string {
  return ` ${text.toLowerCase().replace(/[^a-z0-9]+/g, ' ')} `;
}

/** The SPDX id of a licence file's text, or null where no licence of the list fits, or more than one. */
export function licenseOfText(text: string): string | null {
  if (text.length > LICENSE_BYTES_MAX) return null;
  const words = plain(text);
  const fitting = KNOWN.filter(
    ({ has, lacks = [] }) =>
      has.every((phrase) => words.includes(` ${phrase} `)) &&
      !lacks.some((phrase) => words.includes(` ${phrase} `)),
  );
  const ids = new Set(fitting.map(({ id }) => id));
  const [id] = ids;
  return ids.size === 1 && id !== undefined ? id : null;
}

/** Files that hold a licence: LICENSE, LICENCE.txt, COPYING.md, LICENSE-MIT, MIT-LICENSE, UNLICENSE. */
const LICENSE_FILE =
  /^(?:[a-z0-9.]+[-_.])?(?:un)?licen[cs]es?(?:[-_.][a-z0-9.+-]+)?$|^copying(?:[-_.][a-z0-9.+-]+)?$/i;
const NOT_TEXT = /\.(?:py|pyi|c|h|js|ts|json|html|toml|yaml|yml|cfg|png|svg|rtf|pdf)$/i;

export function isLicenseFile(name: string): boolean {
  return name.length <= 100 && LICENSE_FILE.test(name) && !NOT_TEXT.test(name);
}

/** Where a header stands: with shebang, coding line and a copyright notice before it. */
const HEADER_CHARACTERS = 4_000;
const HEADER = /^[#/*\s"';-]*SPDX-License-Identifier:[ \t]*([^\r\n]{1,300})/m;

export interface Header {
  /** Null where the text is no expression. */
  readonly expression: string | null;
  readonly raw: string;
}

/** The SPDX header of a source file; null where it has none. */
export function headerOf(text: string): Header | null {
  const [, found] = HEADER.exec(text.slice(0, HEADER_CHARACTERS)) ?? [];
  if (found === undefined) return null;
  const raw = found.replace(/(?:\*\/|"{3}|'{3}|-->)\s*$/, '').trim();
  return { expression: licenseExpression(raw), raw };
}
