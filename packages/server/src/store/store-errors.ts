// Classifies the errors of both databases.

/** The store cannot be used; the message gives a remedy. */
export class StoreError extends Error {
  override name = 'StoreError'

  /** The database cannot be reached or does not answer now: nothing has to be corrected here. */
  get isAway(): boolean {
    return isDatabaseAway(this.cause)
  }
}

/** A row with this key exists. */
export function isUniqueViolation(error: unknown): boolean {
  const { code, errcode } = codesOf(error)
  return code === '23505' || errcode === sqlite.uniqueViolation || errcode === sqlite.primaryKeyViolation
}

/** The store is unavailable for now; the request itself is valid. Whether it was committed is unknown. */
export function isStoreUnavailable(error: unknown): boolean {
  const { code, errcode, message } = codesOf(error)
  if (errcode !== undefined) return sqlite.unavailable.has(errcode & 0xff)
  if (code !== undefined && (unavailableCodes.has(code) || (unavailableClasses.has(code.slice(0, 2)) && code.length === 5))) return true
  return brokenConnection.test(message) || /^(?:Postgres connection has been discarded|driver has already been destroyed)/.test(message)
}

/** PostgreSQL cannot be reached, hangs, starts or stops. */
export function isDatabaseAway(error: unknown): boolean {
  const { code, message } = codesOf(error)
  if ((error as NodeJS.ErrnoException | undefined)?.syscall === 'connect') return true // Such as to the missing socket of a stopped server.
  return networkCodes.has(code ?? '') || ['08', '57'].includes(code?.slice(0, 2) ?? '') || brokenConnection.test(message)
}

/** What to do about an error at the start. */
export function adviceFor(error: unknown, otherwise: string): string {
  return isDatabaseAway(error) ? 'Repair the database, or check its host, port and network; nothing was changed.' : otherwise
}

/**
 * PostgreSQL refuses what a statement contains: a value (class 22), a constraint (23), or its size (54). Another attempt with the same
 * values fails, too.
 */
export function isValueRefused(error: unknown): boolean {
  const { code } = codesOf(error)
  return code !== undefined && code.length === 5 && ['22', '23', '54'].includes(code.slice(0, 2))
}

/**
 * PostgreSQL failed this statement for its values, for other sessions or for a lack of resources: the session is good for others. Any
 * other error may be due to the session.
 */
export function isErrorOfStatement(error: unknown): boolean {
  const { code } = codesOf(error)
  return code !== undefined && (['22', '23', '40', '53', '54'].includes(code.slice(0, 2)) || ['55P03', '57014'].includes(code))
}

/** For the log: an unavailable store needs only its reason, any other error is a defect and needs its stack. */
export function describeFailure(error: unknown): { readonly reason: string } | { readonly err: unknown } {
  return isStoreUnavailable(error) ? { reason: (error as Error).message } : { err: error }
}

const sqlite = {
  uniqueViolation: 2067,
  primaryKeyViolation: 1555,
  /** BUSY, LOCKED, NOMEM, READONLY, IOERR, FULL, CANTOPEN, PROTOCOL */
  unavailable: new Set([5, 6, 7, 8, 10, 13, 14, 15]),
}

/** Of the driver, which gives them no code. */
const brokenConnection =
  /^(?:Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|timeout expired)/

/** Error codes of the operating system for a connection. */
const networkCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENETDOWN',
  'ENOTFOUND',
  'EAI_AGAIN',
])

/** Further error codes of the operating system, and single ones of PostgreSQL (appendix A of its manual). */
const unavailableCodes = new Set([
  ...networkCodes,
  'ENOENT',
  'ENOSPC', // the disk of the audit spool is full
  'EDQUOT',
  'EROFS',
  '25006', // read-only: this is a standby, or has just become one
  '25P03', // idle-in-transaction timeout: this process was too slow
  '3D000', // no such database: it is being restored
  '40001', // serialization failure
  '40003', // commit outcome unknown
  '40P01', // deadlock
  '55P03', // lock timeout
])

/** Classes: connection, authorization, resources, operator intervention, system. */
const unavailableClasses = new Set(['08', '28', '53', '57', '58'])

function codesOf(error: unknown): { code?: string; errcode?: number; message: string } {
  if (!(error instanceof Error)) return { message: '' }
  const { code, errcode, message } = error as Error & { code?: unknown; errcode?: unknown }
  return { ...(typeof code === 'string' && { code }), ...(typeof errcode === 'number' && { errcode }), message }
}
