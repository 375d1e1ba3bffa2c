// Sends one step: under one Idempotency-Key as long as it is the same step, so that asking again does it once.
import { useRef, useState } from 'preact/hooks'
import type { OperationName, OperationOutput } from '@countersign/admin'
import { call, type Input } from '../call.ts'
import { CallError, unreachable } from '../call-error.ts'
import { keepsKey, kindOf, type Failed } from './outcome.ts'

export interface Failure {
  readonly kind: Failed
  readonly error: CallError
}

export interface Attempt<Name extends OperationName> {
  readonly isBusy: boolean
  readonly failure: Failure | undefined
  readonly send: (input: Input<Name>, ifMatch?: number | '*') => Promise<Sent<Name> | Failure>
  readonly forget: () => void
}

export interface Sent<Name extends OperationName> {
  readonly output: OperationOutput<Name>
  /** It had been sent before, and that answer was lost; with it a secret. */
  readonly wasRepeated: boolean
}

export function useAttempt<Name extends OperationName>(operation: Name): Attempt<Name> {
  const key = useRef<string>(undefined)
  const isRepeated = useRef(false)
  const [isBusy, setBusy] = useState(false)
  const [failure, setFailure] = useState<Failure>()
  const send = async (input: Input<Name>, ifMatch?: number | '*') => {
    key.current ??= crypto.randomUUID()
    setBusy(true)
    try {
      const output = await call(operation, input, { ifMatch, idempotencyKey: key.current })
      setFailure(undefined)
      return { output, wasRepeated: isRepeated.current }
    } catch (thrown) {
      const error = thrown instanceof CallError ? thrown : unreachable()
      const kind = kindOf(error)
      if (!keepsKey(kind)) key.current = undefined
      isRepeated.current = keepsKey(kind) && (isRepeated.current || kind === 'lost')
      const failed = { kind, error }
      setFailure(failed)
      return failed
    } finally {
      setBusy(false)
    }
  }
  key.current ??= crypto.randomUUID()
  return { isBusy, failure, send, forget: () => setFailure(undefined) }
}
