// The option `signal`, wherever one is taken.
import { kindOf } from '@countersign/protocol'

/** Not by `instanceof`: see requireBytes() in usable-response.ts. @throws TypeError for what cannot abort, such as the controller itself */
export function requireSignal(caller: string, signal: unknown): asserts signal is AbortSignal | undefined {
  if (signal === undefined) return
  const { aborted, addEventListener, signal: inner } = (signal ?? {}) as { aborted?: unknown; addEventListener?: unknown; signal?: unknown }
  if (typeof aborted === 'boolean' && typeof addEventListener === 'function') return
  const found = inner === undefined ? kindOf(signal) : 'an AbortController; pass its member "signal"'
  throw new TypeError(`${caller}: "signal" must be an AbortSignal; found ${found}`)
}
