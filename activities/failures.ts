import { ApplicationFailure } from '@temporalio/common';
import { DomainError } from '../src/domain/errors.js';

/** A domain error keeps its code as the failure's type, by which the workflows' retry policy tells what is final. */
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
