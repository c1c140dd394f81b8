// SPDX licence expressions: what is one, and what satisfies one. The only importer of spdx-expression-parse.
import parseExpression from 'spdx-expression-parse';
import type { Info } from 'spdx-expression-parse';

/** Longer ones than any package writes are no expressions to us: the parser recurses. */
const EXPRESSION_CHARACTERS_MAX = 1_000;

function parsed(text: string): Info | null {
  if (text.length > EXPRESSION_CHARACTERS_MAX) return null;
  try {
    const info = parseExpression(text);
    return isListed(info) ? info : null;
  } catch {
    return null;
  }
}

/** A reference (`LicenseRef-x`) names a text of somebody's own, which says nothing here. */
function isListed(info: Info): boolean {
  if ('license' in info) return !/^(?:DocumentRef|LicenseRef)-/.test(info.license);
  return isListed(info.left) && isListed(info.right);
}

const nameOf = (info: Exclude<Info, { conjunction: unknown }>): string =>
  `${info.license}${info.plus === true ? '+' : ''}` +
  (info.exception === undefined ? '' : ` WITH ${info.exception}`);

function written(info: Info, isInside = false): string {
  if ('license' in info) return nameOf(info);
  const text = `${written(info.left, true)} ${info.conjunction.toUpperCase()} ${written(info.right, true)}`;
  return isInside ? `(${text})` : text;
}

/** The expression in one spelling, or null where the text is none. */
export function licenseExpression(text: string): string | null {
  const info = parsed(text.trim());
  return info === null ? null : written(info);
}

/** One licence, with its exception where it has one: what a spec may select. */
export function isLicenseChoice(text: string): boolean {
  const info = parsed(text);
  return info !== null && 'license' in info && nameOf(info) === text;
}

function satisfies(info: Info, choices: ReadonlySet<string>): boolean {
  if ('license' in info) return choices.has(nameOf(info));
  const left = satisfies(info.left, choices);
  const right = satisfies(info.right, choices);
  return info.conjunction === 'or' ? left || right : left && right;
}

/** Whether who accepts `choices` may take what is under `expression`: one side of an OR, both of an AND. */
export function isLicensed(expression: string, choices: ReadonlySet<string>): boolean {
  const info = parsed(expression);
  return info !== null && satisfies(info, choices);
}
