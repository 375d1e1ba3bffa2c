// The throttle of sign-ins. A realm that protects its endpoints by address counts attempts here and there together; for one that does not, such
// as that of the operators, sign-ins have limits of their own: a person needs few attempts.
import type { ClientRequestContext } from '../clients/client-request.ts'
import { createAddressProtection } from '../throttle/address-protection.ts'

const ownLimits = {
  addressProtection: {
    requestsPerSecond: 50,
    failedAuthentications: { limit: 10, within: 60, blockFor: 300, action: 'reject' as const },
  },
}

/** Contexts by realm, each with a throttle. */
export function withThrottle<Context extends ClientRequestContext>(contexts: ReadonlyMap<string, Context>): ReadonlyMap<string, Context> {
  const protection = createAddressProtection(ownLimits)
  return new Map(
    Array.from(contexts, ([name, context]) => [name, context.realm.addressProtection ? context : { ...context, protection }] as const),
  )
}
