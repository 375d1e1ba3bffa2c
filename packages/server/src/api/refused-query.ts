import { ProblemError } from '../errors.ts'

/** For what a schema cannot say of a parameter. @param pointer such as `/query/from` */
export function refusedQuery(pointer: string, detail: string): ProblemError {
  return new ProblemError('invalid-request', { detail: `${pointer}: ${detail}`, errors: [{ pointer, detail }] })
}
