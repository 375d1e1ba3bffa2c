// Which streams a batch of changes may end.
import { unknownToGuards, type PlacedChange } from '../store/change-log.ts'
import type { StreamHolder } from './event-stream.ts'

export interface Concern {
  /** Whether the changes are about the client of a stream, its organization, or all of the realm. */
  includes(holder: StreamHolder): boolean
  /** Whether one of them says that a key must not be used any more. */
  readonly withdrawsKey: boolean
}

/** @param changes undefined if everything may have changed. Returns undefined if nothing did in the realm. */
export function concernOf(realm: string, changes: readonly PlacedChange[] | undefined): Concern | undefined {
  if (!changes) return { includes: () => true, withdrawsKey: false }
  const own = changes.filter((change) => change.realm === realm)
  if (own.length === 0) return undefined
  const about = own.filter(({ what }) => !unknownToGuards.has(what))
  const withdrawsKey = about.some(({ what, subject }) => what === 'keys' && subject !== null)
  if (about.some(({ organizationId }) => organizationId === null)) return { includes: () => true, withdrawsKey }
  const clients = new Set(about.map(({ clientId }) => clientId))
  const organizations = new Set(about.filter(({ clientId }) => clientId === null).map(({ organizationId }) => organizationId))
  return { includes: ({ clientId, organizationId }) => clients.has(clientId) || organizations.has(organizationId), withdrawsKey }
}
