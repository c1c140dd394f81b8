// Whether a policy document of infra/terraform/aws allows a request, by the rules of IAM that these documents use: statements
// that allow, actions by name, resources and list prefixes with a star at the end.
import { readFileSync } from 'node:fs';
import type { SeenRequest } from './fault-proxy.ts';

interface Statement {
  readonly Effect: 'Allow';
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  readonly Condition?: { readonly StringLikeIfExists: { readonly 's3:prefix': readonly string[] } };
}

/** One line of a document: an action on what a pattern names. */
export interface Grant {
  readonly action: string;
  /** Of a key, or of the prefix of a list. */
  readonly pattern: string;
}

const ARN = 'arn:aws:s3:::${bucket}';

/** `name` is a file of infra/terraform/aws/policies without its ending. */
export function grantsOf(name: string): readonly Grant[] {
  const url = new URL(`../../infra/terraform/aws/policies/${name}.json`, import.meta.url);
  const document = JSON.parse(readFileSync(url, 'utf8')) as {
    readonly Statement: readonly Statement[];
  };
  return document.Statement.flatMap(({ Action, Resource, Condition }) =>
    Action.flatMap((action) => {
      const patterns =
        action === 's3:ListBucket'
          ? (Condition?.StringLikeIfExists['s3:prefix'] ?? ['*'])
          : Resource.map((resource) => resource.slice(`${ARN}/`.length));
      return patterns.map((pattern) => ({ action, pattern }));
    }),
  );
}

/** HEAD needs the right to read; on a key that is not there, S3 says so only to who may list. */
export function actionOf({ method, key, isList }: SeenRequest): string {
  if (isList || key === '') return method === 'PUT' ? 's3:CreateBucket' : 's3:ListBucket';
  switch (method) {
    case 'GET':
    case 'HEAD':
      return 's3:GetObject';
    case 'PUT':
      return 's3:PutObject';
    case 'DELETE':
      return 's3:DeleteObject';
    default:
      return method;
  }
}

const matches = (pattern: string, key: string): boolean =>
  pattern.endsWith('*') ? key.startsWith(pattern.slice(0, -1)) : key === pattern;

/** The grant that allows it; null where none does. */
export function grantFor(grants: readonly Grant[], request: SeenRequest): Grant | null {
  const action = actionOf(request);
  const found = grants.find((grant) => {
    if (grant.action !== action) return false;
    // A request for the bucket itself has no prefix: `IfExists` lets it pass.
    const isBucket = action === 's3:ListBucket' && !request.isList;
    return isBucket || matches(grant.pattern, request.key);
  });
  return found ?? null;
}
