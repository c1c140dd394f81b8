// A store on the S3 server in use, closed with the command.
import type { Services } from '../config/services.ts';
import { S3Store } from '../store/s3.ts';
import type { GatewayContext } from './cli-gateway.ts';

export function openStore(
  context: GatewayContext,
  at: { readonly s3: Services['s3']; readonly bucket: string },
): S3Store {
  const { endpoint, region, accessKeyId, secretAccessKey } = at.s3;
  const store = new S3Store({ endpoint, region, accessKeyId, secretAccessKey, bucket: at.bucket });
  context.onClose(() => {
    store[Symbol.dispose]();
  });
  return store;
}
