import { ApplicationFailure } from '@temporalio/common';
import { DomainError } from '../src/domain/errors.js';

/** The code of a domain error becomes the failure's type, which the workflows' retry policy names when it is final. */
export async function asFailure<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof DomainError) {
      throw ApplicationFailure.create({ type: error.code, message: error.message, cause: error });
    }
    throw error;
  }
}
