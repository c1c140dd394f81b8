// Where the services of a running set-up are: found, made or configured (infra/dev fills it in).
import type { TemporalSecurity } from './temporal-security.ts';

/** How a service came to be there, for `doctor` and `up`. */
export type ServiceOrigin = 'configured' | 'running' | 'installed' | 'published' | 'built';

export interface S3Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

export interface Services {
  readonly temporal: {
    readonly address: string;
    readonly namespace: string;
    /** Null is a plain connection. */
    readonly security: TemporalSecurity | null;
    readonly uiUrl: string | null;
    readonly origin: ServiceOrigin;
  };
  readonly s3: {
    readonly endpoint: string;
    readonly region: string;
    /** Null where the AWS SDK finds credentials by itself. */
    readonly accessKeyId: string | null;
    readonly secretAccessKey: string | null;
    /** Folder whose files are the objects, where the server is ours; null elsewhere. */
    readonly folder: string | null;
    readonly origin: ServiceOrigin;
  };
  readonly docker: { readonly socketPath: string; readonly origin: ServiceOrigin };
  readonly sandboxImage: {
    readonly reference: string;
    /** Image id, `sha256:…`: beside the data, never in it. */
    readonly id: string;
    readonly origin: ServiceOrigin;
  };
}
