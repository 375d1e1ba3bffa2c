// Sorts the failures of all commands by the reason that the exit code tells.
import { AdminRequestError } from '@countersign/admin'
import { SecretRotationError, TokenRequestError } from '@countersign/client'
import type { ExitReason } from './exit-codes.ts'
import { BadFinding, clockErrors, CommandError, findSystemError, isLostConnection, isOtherVersion, serverErrors } from './output.ts'

export function exitReasonOf(error: unknown): ExitReason {
  if (error instanceof CommandError || error instanceof BadFinding) return error.reason
  if (error instanceof AdminRequestError) return reasonOfStatus(error.status, error.code)
  if (error instanceof TokenRequestError) return reasonOfCode(error.code, error.status)
  if (error instanceof SecretRotationError) return reasonOfCode(error.code, error.status)
  if (isOtherVersion(error)) return 'other'
  const { code, syscall } = findSystemError(error)
  const name = (error as Error | undefined)?.name ?? ''
  if (clockErrors.has(name)) return 'other'
  if (serverErrors.has(name)) return reasonInServer(error as Error, code)
  if (isLostConnection(error) || networkCodes.has(code ?? '')) return 'network'
  if (code === 'EADDRINUSE') return 'conflict'
  return syscall === undefined ? 'internal' : 'local'
}

/** The server's own errors: nearly all are about files of this machine. */
function reasonInServer(error: Error, systemCode: string | undefined): ExitReason {
  if ((error.cause as Error | undefined)?.name === 'StoreInUseError') return 'conflict'
  const { isAway } = error as { isAway?: boolean }
  return isAway === true || networkCodes.has(systemCode ?? '') ? 'network' : 'local'
}

const networkCodes = new Set(['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'ENOTFOUND', 'EAI_AGAIN'])

const reasonsOfCodes: Readonly<Record<string, ExitReason>> = {
  network: 'network',
  timeout: 'network',
  gated: 'network',
  too_many_requests: 'network',
  temporarily_unavailable: 'network',
  server_error: 'network',
  invalid_client: 'refused',
  unauthorized_client: 'refused',
  invalid_grant: 'refused',
  unsupported_grant_type: 'refused',
  invalid_scope: 'refused',
  invalid_target: 'refused',
  access_denied: 'refused',
  key_unavailable: 'local',
  wrong_issuer: 'usage',
  'rotation-in-progress': 'conflict',
  'rotation-of-the-operator': 'conflict',
  'no-self-service-here': 'refused',
  'not-found': 'notFound',
}

/** The status of a response that names no known code: a proxy may have answered. */
function reasonOfCode(code: string, status: number | undefined): ExitReason {
  if (Object.hasOwn(reasonsOfCodes, code)) return reasonsOfCodes[code]!
  return status === undefined || status < 400 ? 'other' : reasonOfStatus(status, code)
}

function reasonOfStatus(status: number, code: string): ExitReason {
  if (status === 401 || status === 403) return 'refused'
  if (status === 404) return 'notFound'
  if (status === 409 || status === 412 || code === 'idempotency-key-reused') return 'conflict'
  if (status === 408 || status === 429) return 'network'
  if (status >= 400 && status < 500) return 'usage'
  // The server's own 500 names the problem; other 5xx are of a proxy or of an overload.
  return code === 'internal-error' ? 'internal' : 'network'
}
