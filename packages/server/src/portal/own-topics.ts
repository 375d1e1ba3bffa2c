// Which hints the portal gets: of the client that has signed in, or of all clients of a person's organization; of the organization; and of the
// realm if that changed as a whole.
import type { FoundAccess } from '../sessions/session-standing.ts'
import type { Hints } from '../web/change-hints.ts'

export function ownTopics(
  { topics, realms, organizationOf }: Hints,
  { operator: { realm, clientId, person }, entitlement }: Pick<FoundAccess, 'operator' | 'entitlement'>,
): string[] {
  const { id } = entitlement.organization.rights
  const clients = person ? [...topics].filter((topic) => organizationOf?.get(topic) === id) : [`client:${realm}/${clientId}`]
  const own = [...clients, `organization:${realm}/${id}`]
  return [...own.filter((topic) => topics.has(topic)), ...(realms.has(realm) ? [`realm:${realm}`] : [])]
}
