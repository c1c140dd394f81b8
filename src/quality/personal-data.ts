// Finds what names a person in a text: addresses and numbers that are such by their form and, where they have one, by
// their check digits. Names that standards set aside for examples are none.
import type { PersonalDataKind } from '../contract/policy.ts';

/** RFC 2606 and RFC 6761: nobody has mail there. */
const EXAMPLE_DOMAIN = /(?:^|\.)(?:example(?:\.(?:com|net|org))?|test|invalid|localhost|local)$/i;

const EMAIL =
  /(?<![\w.+-])[a-z0-9][\w.+-]{0,63}@((?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,8}[a-z]{2,24})(?![\w-])/gi;
/** International form only: what looks like a national number is mostly a number. */
const PHONE = /(?<![\w+])\+(?:[ .()-]{0,2}\d){9,15}(?!\d)/g;
const IPV4 = /(?<![\w.])(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?![\w.])/g;
const CARD = /(?<![\w.-])\d(?:[ -]?\d){12,18}(?![\w.-])/g;
const IBAN = /(?<!\w)[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?!\w)/g;

/** Of private, local, reserved and documentation networks (RFC 1918, 3927, 5737, 6890). */
function isPublicAddress(octets: readonly number[]): boolean {
  const [a = 0, b = 0, c = 0] = octets;
  if (octets.some((octet) => octet > 255) || a === 0 || a === 10 || a === 127 || a >= 224) {
    return false;
  }
  if (a === 172 && b >= 16 && b < 32) return false;
  const documentation = ['192.0.2', '198.51.100', '203.0.113'];
  const isShared = (a === 192 && b === 168) || (a === 169 && b === 254) || (a === 100 && b >= 64);
  // Four small numbers are a version more often than a host.
  const isVersion = octets.every((octet) => octet < 32);
  return !isShared && !isVersion && !documentation.includes([a, b, c].join('.'));
}

/** ISO/IEC 7812: Luhn's check digit, of an issuer that there is. */
function isCard(text: string): boolean {
  const digits = text.replace(/\D/g, '');
  if (!/^(?:3[47]\d{13}|3[0689]\d{12}|4\d{12}(?:\d{3}){0,2}|5[1-5]\d{14}|6\d{15})$/.test(digits)) {
    return false;
  }
  const sum = Array.from(digits)
    .reverse()
    .reduce((total, digit, index) => {
      const value = Number(digit) * (index % 2 === 1 ? 2 : 1);
      return total + (value > 9 ? value - 9 : value);
    }, 0);
  return sum % 10 === 0;
}

/** ISO 13616: the remainder by 97 of the digits, letters as numbers from 10, is 1. */
function isIban(text: string): boolean {
  const plain = text.replace(/ /g, '');
  if (plain.length < 15 || plain.length > 34) return false;
  const turned = plain.slice(4) + plain.slice(0, 4);
  let rest = 0;
  for (const character of turned) {
    for (const digit of String(Number.parseInt(character, 36))) {
      rest = (rest * 10 + Number(digit)) % 97;
    }
  }
  return rest === 1;
}

const FINDERS: Readonly<Record<PersonalDataKind, (text: string) => boolean>> = {
  email: (text) => matches(text, EMAIL, ([, domain]) => !EXAMPLE_DOMAIN.test(domain ?? '')),
  phone: (text) => matches(text, PHONE, () => true),
  'ip-address': (text) => matches(text, IPV4, ([, ...parts]) => isPublicAddress(parts.map(Number))),
  'credit-card': (text) => matches(text, CARD, ([whole]) => isCard(whole)),
  iban: (text) => matches(text, IBAN, ([whole]) => isIban(whole)),
};

function matches(
  text: string,
  pattern: RegExp,
  isReal: (match: RegExpMatchArray) => boolean,
): boolean {
  for (const match of text.matchAll(pattern)) if (isReal(match)) return true;
  return false;
}

export function holdsPersonalData(text: string, kinds: readonly PersonalDataKind[]): boolean {
  return kinds.some((kind) => FINDERS[kind](text));
}
