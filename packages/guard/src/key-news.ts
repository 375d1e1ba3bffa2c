// What the changes of a realm say about its keys.
import type { EntitlementChange } from '@countersign/protocol'
import type { KeyNews } from './remote-keys.ts'

/** `undefined` if the changes are not about keys. */
export function keyNewsOf(changes: readonly EntitlementChange[] | null): KeyNews | undefined {
  // A change of another kind about the realm stands for everything in it.
  const mayMissNews =
    changes === null ||
    changes.some(
      ({ what, organizationId, clientId }) =>
        organizationId === null && clientId === null && !['rights', 'client', 'token', 'keys'].includes(what),
    )
  const ofKeys = changes?.filter(({ what }) => what === 'keys') ?? []
  if (!mayMissNews && ofKeys.length === 0) return undefined
  return { compromised: ofKeys.flatMap(({ keyId }) => keyId ?? []), mayMissNews }
}
