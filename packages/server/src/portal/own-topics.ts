// Which hints a client gets: of itself, of its organization, and of its realm if that changed as a whole.
import type { SessionAccess } from '../sessions/session-standing.ts'
import type { Hints } from '../web/change-hints.ts'

export function ownTopics(
  { topics, realms }: Hints,
  { operator: { realm, clientId }, entitlement }: Pick<SessionAccess, 'operator' | 'entitlement'>,
): string[] {
  const own = [`client:${realm}/${clientId}`, `organization:${realm}/${entitlement.organization.rights.id}`]
  return [...own.filter((topic) => topics.has(topic)), ...(realms.has(realm) ? [`realm:${realm}`] : [])]
}
