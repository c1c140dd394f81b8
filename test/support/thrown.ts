// The error that a piece of code throws, as a value to look at.
import { AppError } from '../../src/errors.ts';

/** Fails where nothing or no AppError is thrown. */
export function thrownBy(work: () => unknown): AppError {
  try {
    work();
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

/** As thrownBy, for what rejects. */
export async function rejectedBy(work: Promise<unknown>): Promise<AppError> {
  try {
    await work;
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
