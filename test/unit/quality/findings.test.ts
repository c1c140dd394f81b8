// Personal data and secrets: what is found, and what looks like it and is none. Secrets are put together here, so that
// no scanner takes this file for a leak.
import { describe, expect, it } from 'vitest';
import { PERSONAL_DATA, SECRETS } from '../../../src/contract/policy.ts';
import { holdsPersonalData } from '../../../src/quality/personal-data.ts';
import { holdsSecret } from '../../../src/quality/secrets.ts';

const DATA = {
  email: [
    ['send("j.doe+x@mail-host.co.uk")', 'a@b.io,'],
    ['user@example.com', 'x@sub.example.org', 'f@g', '@decorator', 'root@localhost', 'a@x.test'],
  ],
  phone: [
    ['+49 30 901820-12', 'call +1 (212) 555-0199!'],
    ['12345678901', '+12', 'x = 3 + 1234567', '1+1234567890123'],
  ],
  'ip-address': [
    ['8.8.4.4 and 93.184.216.34', '1.2.3.200'],
    ['127.0.0.1', '192.168.7.9', '10.1.2.3', '1.2.3.4', '203.0.113.9', '999.1.1.1', '1.2.3.4.5'],
  ],
  'credit-card': [
    ['4111 1111 1111 1111', '378282246310005'],
    ['4111111111111112', '1234567890123456', '0.4111111111111111', '41111111111111111111'],
  ],
  iban: [
    ['DE89 3704 0044 0532 0130 00', 'GB29NWBK60161331926819'],
    ['DE88 3704 0044 0532 0130 00', 'AB12', 'SHA256ABCDEFGHIJKLMNOP'],
  ],
} as const satisfies Record<(typeof PERSONAL_DATA)[number], readonly (readonly string[])[]>;

/** No scanner finds a secret that stands nowhere in one piece. */
const of = (...pieces: readonly string[]): string => pieces.join('');
const random = (length: number): string =>
  Array.from({ length }, (_, at) => 'A7bQ2xK9mZ4tR8wL'[(at * 7 + (at >> 4)) % 16]).join('');
const HIDDEN = {
  'private-key': [
    [of('-----BEGIN RSA ', 'PRIVATE KEY-----'), of('-----BEGIN PGP ', 'PRIVATE KEY BLOCK-----')],
    ['-----BEGIN PUBLIC KEY-----', 'a private key'],
  ],
  'access-key': [
    [
      of('AK', 'IA', 'ABCDEFGH23456723'),
      of('AI', 'za', random(35)),
      of('sk_', 'live_', random(24)),
    ],
    ['AKIA', of('XAK', 'IA', 'ABCDEFGH23456723'), 'sk_test_1'],
  ],
  token: [
    [
      of('gh', 'p_', random(36)),
      of('xox', 'b-', random(24)),
      of('ey', 'J', random(20), '.eyJ', random(20), '.', random(30)),
    ],
    ['ghp_short', 'eyJhbGciOiJub25lIn0', 'token'],
  ],
  password: [
    [
      of('postgres://app:', random(12), '@db/x'),
      of('API_KEY = "', random(24), '"'),
      of("{'password': '", random(16), "'}"),
    ],
    [
      'password = "correct horse"',
      'password = "passwordpassword"',
      'https://host:8080/a',
      'secret = ""',
    ],
  ],
} as const satisfies Record<(typeof SECRETS)[number], readonly (readonly string[])[]>;

describe.each(Object.entries(DATA))('%s', (kind, [found, passed]) => {
  const kinds = PERSONAL_DATA.filter((each) => each === kind);
  it('is found', () => {
    expect(found.filter((text) => !holdsPersonalData(text, kinds))).toEqual([]);
  });
  it('is not seen in what only looks like it', () => {
    expect(passed.filter((text) => holdsPersonalData(text, kinds))).toEqual([]);
  });
});

describe.each(Object.entries(HIDDEN))('%s', (kind, [found, passed]) => {
  const kinds = SECRETS.filter((each) => each === kind);
  it('is found', () => {
    expect(found.filter((text) => !holdsSecret(text, kinds))).toEqual([]);
  });
  it('is not seen in what only looks like it', () => {
    expect(passed.filter((text) => holdsSecret(text, kinds))).toEqual([]);
  });
});

it('texts that are made to be slow are not', () => {
  const hard = [
    'a'.repeat(2 ** 20),
    '+1 '.repeat(2 ** 18),
    '1-'.repeat(2 ** 18),
    'a@a.'.repeat(2 ** 18),
    "password='".repeat(2 ** 16),
    'eyJ'.repeat(2 ** 18),
  ];
  for (const text of hard) {
    expect(holdsPersonalData(text, PERSONAL_DATA)).toBe(false);
    expect(holdsSecret(text, SECRETS)).toBe(false);
  }
});
