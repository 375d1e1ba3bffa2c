// Retries writes whose response was lost. The client cannot know whether such a write was applied, so each is sent with an
// Idempotency-Key and repeated with the same one: it is applied at most once.
import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { AdminRequestError, operations, takesIdempotencyKey, type AdminClient, type CallOptions } from '@countersign/admin'
import { TokenRequestError } from '@countersign/client'
import { CommandError, isUnavailable, seeReadiness, unavailable } from './output.ts'

export interface RepeatOptions {
  /** Key of an earlier command whose response was lost; a new one if absent. */
  readonly idempotencyKey?: string | undefined
  /** Called before each retry. */
  readonly say: (message: string) => void
}

/** Delay before each retry: enough for a restart of the server, or for a load balancer to switch. Milliseconds. */
const pauses = [250, 1000, 3000]

export function repeatWrites(admin: AdminClient, { idempotencyKey, say }: RepeatOptions): AdminClient {
  return {
    ...admin,
    async call(name, input, options) {
      if (!takesIdempotencyKey(operations[name])) return admin.call(name, input, options)
      const key = idempotencyKey ?? randomUUID()
      const once: CallOptions = { ...options, idempotencyKey: key }
      for (let repetition = 0; ; repetition++) {
        try {
          return await admin.call(name, input, once)
        } catch (error) {
          if (!(repetition === 0 ? isLost(error) : isLost(error) || isUnreachable(error))) throw error
          const wait = pauses[repetition]
          if (wait === undefined) throw unknownOutcome(error as Error, key)
          say(`${withoutStop(error)}: retrying with the same Idempotency-Key, so that the change is applied at most once.`)
          await pause(wait)
        }
      }
    },
  }
}

/** The request may have arrived without a response, or the server or a proxy cannot tell. */
function isLost(error: unknown): boolean {
  if (error instanceof AdminRequestError) return [502, 503, 504].includes(error.status)
  return error instanceof TypeError && error.cause instanceof Error && !isUnreachable(error) && !isCertificateFault(error.cause)
}

/** Nothing was sent. After a first attempt that may have arrived, this still counts as a lost response. */
function isUnreachable(error: unknown): boolean {
  if (error instanceof TokenRequestError) return ['network', 'timeout', 'temporarily_unavailable'].includes(error.code)
  return ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'].includes(codeOf((error as Error).cause))
}

function isCertificateFault(cause: Error): boolean {
  return /^(?:ERR_TLS|ERR_SSL|CERT|DEPTH|SELF_SIGNED|UNABLE_TO)/.test(codeOf(cause))
}

function codeOf(cause: unknown): string {
  return String((cause as NodeJS.ErrnoException | undefined)?.code ?? '')
}

/** What a 503 says to callers of an API, such as to keep their token, is not for operators. */
function withoutStop(error: unknown): string {
  return isUnavailable(error) ? unavailable : (error as Error).message.replace(/\.$/, '')
}

function unknownOutcome(cause: Error, key: string): CommandError {
  return new CommandError(
    `Not confirmed after ${pauses.length + 1} attempts; the last error: ${withoutStop(cause)}. The change may have been applied or not.`,
    {
      reason: 'network',
      next: `${isUnavailable(cause) ? `${seeReadiness} ` : ''}When the server responds again, run the same command with --idempotency-key ${key}: the change is applied if it was not yet.`,
      cause,
    },
  )
}
