// Why a frontend that accepts connections does not take ours: the SDK says only that it could not connect, so one handshake
// of our own is made to find out. Nothing is sent after it.
import { isIP } from 'node:net';
import { connect } from 'node:tls';
import type { ConnectionOptions, TLSSocket } from 'node:tls';
import type { TemporalCredentials } from './credentials.ts';

/** A server answers a handshake within milliseconds; one across the world takes half a second. */
const HANDSHAKE_MS = 3_000;
/** After it a server speaks first, or says that it does not like the client's certificate. */
const FIRST_WORD_MS = 1_500;

type End =
  | { readonly kind: 'greeted' }
  | { readonly kind: 'closed' | 'silent'; readonly shaken: boolean }
  | { readonly kind: 'error'; readonly error: NodeJS.ErrnoException };

function optionsFor(address: string, credentials: TemporalCredentials | null): ConnectionOptions {
  const colon = address.lastIndexOf(':');
  const host = address.slice(0, colon).replace(/^\[|\]$/g, '');
  const named = credentials?.serverName ?? host;
  return {
    host,
    port: Number(address.slice(colon + 1)),
    ALPNProtocols: ['h2'],
    ...(isIP(named) === 0 ? { servername: named } : {}),
    ...(credentials?.ca == null ? {} : { ca: credentials.ca }),
    ...(credentials?.client == null
      ? {}
      : { cert: credentials.client.certificate, key: credentials.client.key }),
    // Without credentials the question is only whether TLS is spoken there.
    rejectUnauthorized: credentials !== null,
  };
}

function endOf(socket: TLSSocket): Promise<End> {
  return new Promise((resolve) => {
    let shaken = false;
    socket.setTimeout(HANDSHAKE_MS, () => {
      resolve({ kind: 'silent', shaken });
    });
    socket.once('secureConnect', () => {
      shaken = true;
      socket.setTimeout(FIRST_WORD_MS);
    });
    socket.once('data', () => {
      resolve({ kind: 'greeted' });
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      resolve({ kind: 'error', error });
    });
    socket.once('close', () => {
      resolve({ kind: 'closed', shaken });
    });
  });
}

const NOT_TRUSTED =
  /^(?:UNABLE_TO_(?:VERIFY_LEAF_SIGNATURE|GET_ISSUER_CERT(?:_LOCALLY)?)|SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|CERT_UNTRUSTED|INVALID_CA|CERT_SIGNATURE_FAILURE)$/;
const NOT_TLS = /WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG|UNEXPECTED_MESSAGE|HTTP_REQUEST/;

function clientRefused(credentials: TemporalCredentials, detail: string): string {
  return credentials.client === null
    ? `it wants a client certificate${detail}; name one in TRACEMILL_TEMPORAL_TLS_CERT_FILE and its key in TRACEMILL_TEMPORAL_TLS_KEY_FILE`
    : `it refuses the client certificate${detail}; look at the file of TRACEMILL_TEMPORAL_TLS_CERT_FILE`;
}

function secureTrouble(end: End, credentials: TemporalCredentials): string | null {
  if (end.kind === 'greeted' || end.kind === 'silent') return null;
  if (end.kind !== 'error') return end.shaken ? clientRefused(credentials, '') : null;
  const { code = '', message } = end.error;
  if (NOT_TRUSTED.test(code)) {
    return `its certificate is signed by nobody who is trusted here (${code}); name who signed it in TRACEMILL_TEMPORAL_TLS_CA_FILE`;
  }
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return 'its certificate has another name; write a name that it has to TRACEMILL_TEMPORAL_TLS_SERVER_NAME';
  }
  if (/^CERT_(?:HAS_EXPIRED|NOT_YET_VALID)$/.test(code)) {
    return `its certificate is not valid now (${code}); renew it there, or look at the clock here`;
  }
  // What a server writes that does not speak TLS, or speaks it with other versions and ciphers.
  if (NOT_TLS.test(code))
    return 'it does not speak TLS; leave out the TRACEMILL_TEMPORAL_TLS variables';
  if (/ALERT/.test(code) || /alert/.test(message)) return clientRefused(credentials, ` (${code})`);
  return null;
}

/** One sentence without its end; null where TLS is not the reason. `address` is host:port. */
export async function tlsTrouble(
  address: string,
  credentials: TemporalCredentials | null,
): Promise<string | null> {
  const socket = connect(optionsFor(address, credentials));
  try {
    const end = await endOf(socket);
    if (credentials !== null) return secureTrouble(end, credentials);
    const isTls =
      end.kind === 'error' ? /ALERT/.test(end.error.code ?? '') : end.kind === 'greeted';
    const isShaken = end.kind !== 'error' && end.kind !== 'greeted' && end.shaken;
    return isTls || isShaken ? 'it speaks TLS; set TRACEMILL_TEMPORAL_TLS to on' : null;
  } finally {
    socket.destroy();
  }
}
