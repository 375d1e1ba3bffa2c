// What the identity provider publishes, for some time: what any outsider can ask of this server, such as the start of a sign-in, costs no request. A
// failure counts for some seconds, too, so that outsiders cannot make this server call an identity provider that is down.
import type { Clock } from '../clock.ts'
import { SignInRefusal } from './sign-in-refusal.ts'

export interface Discovered<Value> {
  get(): Promise<Value>
}

const failureMs = 10_000
/** It was not asked. */
const isBusy = (error: unknown) => error instanceof SignInRefusal && error.reason === 'idp-busy'

/** @param discover not called again before `lifetimeMs` has passed */
export function createDiscovered<Value>(discover: () => Promise<Value>, lifetimeMs: number, clock: Clock): Discovered<Value> {
  let last: { readonly value: Promise<Value>; readonly at: number; lastsMs: number } | undefined
  return {
    get() {
      const now = clock()
      // Not longer than meant, also after a clock was set back.
      if (last && Math.abs(now - last.at) < last.lastsMs) return last.value
      const next = { value: discover(), at: now, lastsMs: lifetimeMs }
      next.value.catch((error: unknown) => (next.lastsMs = isBusy(error) ? 0 : failureMs))
      last = next
      return next.value
    },
  }
}
