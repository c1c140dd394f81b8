// Finds credentials in a text: forms that their issuers gave them so that they can be found, and passwords by the name
// that they are assigned to and by how little they look like a word.
import type { SecretKind } from '../contract/policy.ts';

const PRIVATE_KEY = /-----BEGIN (?:[A-Z]{2,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----/;

/** Amazon, Google, Stripe, npm, SendGrid: the prefixes are the issuers' own. */
const ACCESS_KEY = new RegExp(
  [
    '(?<![A-Za-z0-9])(?:AKIA|ASIA)[A-Z2-7]{16}(?![A-Za-z0-9])',
    '(?<![\\w-])AIza[\\w-]{35}(?![\\w-])',
    '(?<!\\w)[rs]k_live_[A-Za-z0-9]{20,}',
    '(?<!\\w)npm_[A-Za-z0-9]{36}(?!\\w)',
    '(?<!\\w)SG\\.[\\w-]{22}\\.[\\w-]{43}(?![\\w-])',
  ].join('|'),
);

/** GitHub, GitLab, Slack, PyPI, Hugging Face, and signed JSON tokens. */
const TOKEN = new RegExp(
  [
    '(?<!\\w)gh[oprsu]_[A-Za-z0-9]{36,}',
    '(?<!\\w)github_pat_\\w{50,}',
    '(?<!\\w)glpat-[\\w-]{20}(?![\\w-])',
    '(?<!\\w)xox[abeprs]-[A-Za-z0-9-]{20,}',
    '(?<!\\w)pypi-AgE[\\w-]{50,}',
    '(?<!\\w)hf_[A-Za-z]{34}(?!\\w)',
    '(?<![\\w-])eyJ[\\w-]{10,}\\.eyJ[\\w-]{10,}\\.[\\w-]{20,}',
  ].join('|'),
);

const URL_PASSWORD = /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s:@/'"]{1,64}:([^\s:@/'"]{6,128})@/gi;
const ASSIGNED =
  /(?:password|passwd|secret|api_?key|access_?key|auth_?token|private_?token)['"]?\s{0,4}[:=]\s{0,4}['"]([^'"\s]{12,200})['"]/gi;

/** Bits a character that the text would need at least; English words stay below, random letters and digits above. */
const RANDOM_BITS_MIN = 3.3;

function bitsOf(text: string): number {
  const counts = new Map<string, number>();
  for (const character of text) counts.set(character, (counts.get(character) ?? 0) + 1);
  const shares = [...counts.values()].map((count) => count / text.length);
  return -shares.reduce((sum, share) => sum + share * Math.log2(share), 0);
}

const looksRandom = (text: string): boolean =>
  /\d/.test(text) && /[A-Za-z]/.test(text) && bitsOf(text) >= RANDOM_BITS_MIN;

function holdsPassword(text: string): boolean {
  for (const pattern of [URL_PASSWORD, ASSIGNED]) {
    for (const [, value] of text.matchAll(pattern)) if (looksRandom(value ?? '')) return true;
  }
  return false;
}

const FINDERS: Readonly<Record<SecretKind, (text: string) => boolean>> = {
  'private-key': (text) => PRIVATE_KEY.test(text),
  'access-key': (text) => ACCESS_KEY.test(text),
  token: (text) => TOKEN.test(text),
  password: holdsPassword,
};

export function holdsSecret(text: string, kinds: readonly SecretKind[]): boolean {
  return kinds.some((kind) => FINDERS[kind](text));
}
