// What it means when Temporal answers, but not to us.
import { isGrpcServiceError, ServiceError } from '@temporalio/client';
import { AppError } from '../errors.ts';

// Status codes of gRPC (grpc.io/docs/guides/status-codes): the client package does not export them.
const NOT_FOUND = 5;
const PERMISSION_DENIED = 7;
const UNAUTHENTICATED = 16;

/** Of an error of the SDK; null where no server answered. */
export function grpcErrorOf(error: unknown): { code: number; details: string } | null {
  if (isGrpcServiceError(error)) return error;
  if (error instanceof ServiceError && isGrpcServiceError(error.cause)) return error.cause;
  return null;
}

/**
 * AppError `temporal-denied`, or null where this is no refusal. What the server said is not repeated, and is no cause
 * either: a server may repeat a key.
 */
export function denialOf(error: unknown, namespace: string): AppError | null {
  const grpc = grpcErrorOf(error);
  const name = JSON.stringify(namespace);
  const denied = (message: string): AppError =>
    new AppError('temporal-denied', message, { context: { namespace, grpcCode: grpc?.code ?? 0 } });
  if (grpc?.code === UNAUTHENTICATED || grpc?.code === PERMISSION_DENIED) {
    return denied(
      `Temporal refuses us in namespace ${name}; check the key in the file of TRACEMILL_TEMPORAL_API_KEY_FILE ` +
        'or the client certificate, and TRACEMILL_TEMPORAL_NAMESPACE',
    );
  }
  if (grpc?.code === NOT_FOUND && /^namespace\b.*\bnot found/i.test(grpc.details)) {
    return denied(
      `Temporal has no namespace ${name}; make it, or write another one to TRACEMILL_TEMPORAL_NAMESPACE`,
    );
  }
  return null;
}
