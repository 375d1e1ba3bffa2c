// What an error of the database means, whichever database it is.

/** The store cannot be used; the message says what to do about it. */
export class StoreError extends Error {
  override name = 'StoreError'
}

/** A row with this key is there already. */
export function isUniqueViolation(error: unknown): boolean {
  const { code, errcode } = codesOf(error)
  return code === '23505' || errcode === sqlite.uniqueViolation || errcode === sqlite.primaryKeyViolation
}

/** The store cannot answer now but may later; nothing is wrong with what was asked. Whether it was done is not known. */
export function isStoreUnavailable(error: unknown): boolean {
  const { code, errcode, message } = codesOf(error)
  if (errcode !== undefined) return sqlite.unavailable.has(errcode & 0xff)
  if (code !== undefined && (unavailableCodes.has(code) || (unavailableClasses.has(code.slice(0, 2)) && code.length === 5))) return true
  return (
    /^(?:Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error)/.test(message) ||
    /^(?:timeout expired|Postgres connection has been discarded|driver has already been destroyed)/.test(message)
  )
}

/** For the log: that the store is away is a fact, anything else a defect, whose stack is needed. */
export function describeFailure(error: unknown): { readonly reason: string } | { readonly err: unknown } {
  return isStoreUnavailable(error) ? { reason: (error as Error).message } : { err: error }
}

const sqlite = {
  uniqueViolation: 2067,
  primaryKeyViolation: 1555,
  /** BUSY, LOCKED, NOMEM, READONLY, IOERR, FULL, CANTOPEN, PROTOCOL */
  unavailable: new Set([5, 6, 7, 8, 10, 13, 14, 15]),
}

/** Of the system, and single ones of PostgreSQL (appendix A of its manual). */
const unavailableCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENETDOWN',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENOENT',
  'ENOSPC', // the disk of the audit spool is full
  'EDQUOT',
  'EROFS',
  '25006', // read-only: this is a standby, or has just become one
  '25P03', // we were too slow in a transaction
  '3D000', // no such database: it is being restored
  '40001', // changed by others at the same moment
  '40003', // nobody knows whether it is committed
  '40P01', // deadlock
  '55P03', // a lock was not to be had in time
])

/** Connection, authorization, resources, intervention of an operator, system. */
const unavailableClasses = new Set(['08', '28', '53', '57', '58'])

function codesOf(error: unknown): { code?: string; errcode?: number; message: string } {
  if (!(error instanceof Error)) return { message: '' }
  const { code, errcode, message } = error as Error & { code?: unknown; errcode?: unknown }
  return { ...(typeof code === 'string' && { code }), ...(typeof errcode === 'number' && { errcode }), message }
}
