// Certificates for tests, made anew each time by openssl, which the package ca-certificates of Debian brings along.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Issued {
  /** Paths of PEM files. */
  readonly certificate: string;
  readonly key: string;
}

export interface Authority extends Issued {
  /** `names` are those of a server, as `DNS:name` or `IP:address`; a client has none. */
  issue(name: string, options?: { names?: readonly string[]; isExpired?: boolean }): Issued;
}

const openssl = (...args: string[]): void => {
  execFileSync('openssl', args, { stdio: 'pipe' });
};

/** What is good for minus one day ended yesterday. */
const days = (isExpired: boolean): string => (isExpired ? '-1' : '2');

function newKey(folder: string, name: string): string {
  const key = join(folder, `${name}.key`);
  openssl('ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', key);
  return key;
}

/** One whose certificate signs others; all files lie in `folder`. */
export function makeAuthority(folder: string, name: string): Authority {
  const key = newKey(folder, name);
  const certificate = join(folder, `${name}.pem`);
  openssl(
    ...['req', '-x509', '-new', '-key', key, '-subj', `/CN=${name}`, '-days', days(false)],
    ...['-addext', 'keyUsage=critical,keyCertSign', '-out', certificate],
  );
  return {
    certificate,
    key,
    issue: (subject, { names = [], isExpired = false } = {}) => {
      const own = newKey(folder, subject);
      const request = join(folder, `${subject}.csr`);
      const extensions = join(folder, `${subject}.ext`);
      const issued = join(folder, `${subject}.pem`);
      const usage = names.length > 0 ? 'serverAuth' : 'clientAuth';
      const alternatives = names.length > 0 ? `subjectAltName=${names.join(',')}\n` : '';
      writeFileSync(extensions, `extendedKeyUsage=${usage}\n${alternatives}`);
      openssl('req', '-new', '-key', own, '-subj', `/CN=${subject}`, '-out', request);
      openssl(
        ...['x509', '-req', '-in', request, '-CA', certificate, '-CAkey', key],
        ...['-CAcreateserial', '-days', days(isExpired), '-extfile', extensions, '-out', issued],
      );
      return { certificate: issued, key: own };
    },
  };
}
