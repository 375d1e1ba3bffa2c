// What a page is told of changes: only what may look different now. It asks for the content itself, with the rights that it has then.
import type { Operator } from '../operators/operator-authority.ts'
import type { PlacedChange } from '../store/change-log.ts'

/** As {@link topicsOf} returns them: of everything that changed, and of the realms that changed as a whole. */
export interface Hints {
  readonly topics: ReadonlySet<string>
  readonly realms: ReadonlySet<string>
  /** The ids of the organizations of the clients, by topic. */
  readonly organizationOf?: ReadonlyMap<string, string>
}

/** More than this many names of one realm are told as the realm. */
const maxTopics = 200

/** @param changes undefined if everything may have changed @param all the realms that there are */
export function hintsOf(changes: readonly PlacedChange[] | undefined, all: Iterable<string>): Hints {
  if (!changes) return { topics: new Set(), realms: new Set(all) }
  const realms = new Set<string>()
  const topics = new Set<string>()
  const organizationOf = new Map<string, string>()
  for (const { realm, organizationId, clientId } of changes) {
    if (organizationId === null || topics.size >= maxTopics) realms.add(realm)
    else topics.add(`organization:${realm}/${organizationId}`)
    if (clientId === null || organizationId === null || topics.size >= maxTopics) continue
    topics.add(`client:${realm}/${clientId}`)
    organizationOf.set(`client:${realm}/${clientId}`, organizationId)
  }
  return { topics, realms, organizationOf }
}

/** Of two batches. */
export function joinHints(one: Hints | undefined, other: Hints): Hints {
  if (!one) return other
  const topics = new Set([...one.topics, ...other.topics])
  const realms = new Set([...one.realms, ...other.realms])
  const organizationOf = new Map([...(one.organizationOf ?? []), ...(other.organizationOf ?? [])])
  if (topics.size <= maxTopics) return { topics, realms, organizationOf }
  return { topics: new Set(), realms: new Set([...realms, ...Array.from(topics, realmOf)]) }
}

/** Those that an operator may see: of its realms, and of the kinds that it may read. Without any scope it may see nothing. */
export function topicsFor(
  { topics, realms }: Hints,
  { realms: permitted }: Pick<Operator, 'realms'>,
  scopes: ReadonlySet<string>,
): string[] {
  if (scopes.size === 0) return []
  const mayRead = { client: scopes.has('clients:read'), organization: scopes.has('organizations:read') || scopes.has('clients:read') }
  const isOfPermitted = (realm: string) => permitted === undefined || permitted.includes(realm)
  const named = [...topics].filter(
    (topic) => isOfPermitted(realmOf(topic)) && mayRead[topic.startsWith('client:') ? 'client' : 'organization'],
  )
  return [...named, ...[...realms].filter(isOfPermitted).map((realm) => `realm:${realm}`)]
}

/** The name of a realm has no slash. */
function realmOf(topic: string): string {
  return topic.slice(topic.indexOf(':') + 1, topic.indexOf('/'))
}
