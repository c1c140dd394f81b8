// Lock files of packages that are refused, each with the line that is to blame.
import { expect, test } from 'vitest';
import { parseLock } from '../../../src/corpus/pypi/lock.ts';
import { thrownBy } from '../../support/thrown.ts';

test.each([
  ['thing==1.0\n', 'line 1 names no --hash'],
  ['thing>=1.0 --hash=sha256:00\n', 'line 1 is no name==version'],
  ['\n--index-url https://user:secret@host.example/simple\n', 'line 2 has the option --index-url'],
  ['thing @ https://host.example/thing.whl\n', 'line 1 is no name==version'],
  [
    'lock-version = "1.0"\n[[packages]]\nname = "a"\n[packages.vcs]\ntype = "git"\n',
    'package a has no wheel or sdist',
  ],
  ['lock-version = "2.0"\npackages = []\n', 'is no pylock.toml of version 1'],
  ['lock-version = "1.0"\npackages = [\n', 'is no TOML'],
])('a lock file that is %j is refused', (lock, says) => {
  const error = thrownBy(() => parseLock(lock, 'packages.lock'));
  expect(error).toMatchObject({ code: 'corpus-unreadable' });
  expect(error.message).toContain(says);
  expect(error.message).not.toContain('secret');
});
