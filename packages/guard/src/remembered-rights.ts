// What a remote guard remembers of one realm: clients, the organizations that they share, and since which place in the history of
// the realm. Everything here is true as of that place: a change after it makes the guard forget what the change is about.
import { isDeepStrictEqual } from 'node:util'
import type { ChangesDocument, ClientRights, EntitlementChange, EntitlementDocument, OrganizationRights } from '@countersign/protocol'
import type { Audience } from './audience.ts'
import { createChangeHistory, type ChangeHistory, type HistoryMark } from './change-history.ts'
import {
  indexClient,
  indexEntitlement,
  indexOrganization,
  indexPermissions,
  type Entitlement,
  type IndexedClient,
  type IndexedOrganization,
  type Wanted,
} from './entitlement-index.ts'
import { createAnswerMemory, type OrganizationAnswers } from './organization-answers.ts'
import { createRecentMap } from './recent-map.ts'

/** What has to be read, and the key under which concurrent requests for it are one. */
export interface Missing {
  readonly key: string
  readonly ask: Wanted
}

export interface RememberedRights {
  /** `undefined` if something about the client, or of what is wanted, is not known. */
  find(clientId: string, wanted: Wanted | undefined): Entitlement | undefined
  missing(clientId: string, wanted: Wanted | undefined): Missing
  organizationOf(clientId: string): string | undefined
  /**
   * Returns what the document says, and remembers it unless it is older than what the guard knows, or of another history.
   * @param since where the guard was when it asked
   */
  learn(document: EntitlementDocument, asked: Wanted, since?: HistoryMark): Entitlement
  /** Forgets what the changes are about, and returns them; see `ChangeHistory.follow()`. */
  follow(changes: ChangesDocument, since?: HistoryMark): ReturnType<ChangeHistory['follow']>
  readonly history: Pick<ChangeHistory, 'mark' | 'place' | 'isOlder'>
}

interface RememberedOrganization {
  readonly id: string
  /** Undefined after they changed, until they are read again: once for all of its clients. */
  rights: IndexedOrganization | undefined
  /** Of the same version of the rights. */
  answers: OrganizationAnswers | undefined
  bytes: number
  /** Then its clients have to be read again, too. */
  isGone: boolean
}

interface RememberedClient {
  readonly client: IndexedClient
  readonly organization: RememberedOrganization
  /** Put together once for each version of the organization, so that a request allocates nothing. */
  entitlement: Entitlement | undefined
}

/** Roughly, as measured: 10,000 clients, and 10,000 organizations with a few partners each. */
const maxBytes = { clients: 14_000_000, organizations: 24_000_000 }

/** @param audience of the API: of the scopes of a client those of other APIs do not count */
export function createRememberedRights(audience?: Audience): RememberedRights {
  const clients = createRecentMap<RememberedClient>(maxBytes.clients, { weigh: ({ client }) => bytesOfClient(client.rights) })
  const organizations = createRecentMap<RememberedOrganization>(maxBytes.organizations, { weigh: ({ bytes }) => bytes, onEvict: forget })
  const answerMemory = createAnswerMemory()
  const history = createChangeHistory()

  function forgetRights(organization: RememberedOrganization): void {
    if (organization.answers) answerMemory.release(organization.answers)
    organization.answers = undefined
    organization.rights = undefined
  }

  function forget(organization: RememberedOrganization): void {
    forgetRights(organization)
    organization.isGone = true
  }

  function forgetEverything(): void {
    clients.clear()
    organizations.clear()
    answerMemory.clear()
  }

  // A change about one client leaves the organization, and one of its rights leaves its clients.
  function followOne({ what, organizationId, clientId }: EntitlementChange): void {
    if (what === 'keys') return // They have their own refresh.
    if (clientId !== null) return clients.delete(clientId)
    if (organizationId === null) return forgetEverything()
    const organization = organizations.get(organizationId)
    if (!organization) return
    if (what === 'rights') return forgetRights(organization)
    organizations.delete(organizationId)
    forget(organization)
  }

  function learnOrganization(rights: OrganizationRights): RememberedOrganization {
    const known = organizations.get(rights.id)
    if (known?.rights && isDeepStrictEqual(known.rights.rights, rights)) return known
    const organization = known ?? { id: rights.id, rights: undefined, answers: undefined, bytes: 0, isGone: false }
    organizations.delete(rights.id)
    forgetRights(organization)
    organization.bytes = bytesOfOrganization(rights)
    if (!rights.partners.list || !rights.requestors.list) organization.answers = answerMemory.create()
    organization.rights = indexOrganization(rights, organization.answers)
    organizations.set(rights.id, organization)
    return organization
  }

  function learnClient(rights: ClientRights, organization: RememberedOrganization): void {
    const known = clients.get(rights.clientId)
    if (known?.organization === organization && isDeepStrictEqual(known.client.rights, rights)) return
    clients.set(rights.clientId, { client: indexClient(rights, audience), organization, entitlement: undefined })
  }

  function find(clientId: string, wanted: Wanted | undefined): Entitlement | undefined {
    const known = clients.get(clientId)
    const rights = known?.organization.rights
    if (!known || !rights || (wanted && !isAnswered(rights, wanted))) return undefined
    if (known.entitlement?.organization !== rights) known.entitlement = Object.freeze({ organization: rights, client: known.client })
    return known.entitlement
  }

  return {
    find,
    missing(clientId, wanted = {}) {
      const known = clients.get(clientId)
      if (!known || known.organization.isGone) return { key: `client ${clientId}`, ask: wanted }
      const { id, rights } = known.organization
      if (!rights) return { key: `organization ${id}`, ask: wanted }
      const ask = unanswered(rights, wanted)
      return { key: `answer ${id} ${ask.partnerId} ${ask.requestorId}`, ask }
    },
    organizationOf: (clientId) => clients.get(clientId)?.organization.id,
    history,
    learn(document, asked, since = history.mark) {
      const { client, partner, requestor, asOf } = document
      const entitlement = indexEntitlement(document, asked, audience)
      if (!history.admits(asOf, since)) return entitlement
      const organization = learnOrganization(document.organization)
      learnClient(client, organization)
      const { partnerId, requestorId } = asked
      if (partnerId !== undefined && partner !== undefined) organization.answers?.partners.learn(partnerId, partner)
      if (requestorId !== undefined && requestor !== undefined)
        organization.answers?.requestors.learn(requestorId, requestor && indexPermissions(requestor))
      return find(client.clientId, asked) ?? entitlement
    },
    follow(document, since = history.mark) {
      const changes = history.follow(document, since)
      if (changes === null) forgetEverything()
      else changes?.forEach(followOne)
      return changes
    },
  }
}

export function isAnswered({ partners, requestors }: IndexedOrganization, { partnerId, requestorId }: Wanted): boolean {
  return (
    (partnerId === undefined || partners.find(partnerId) !== undefined) &&
    (requestorId === undefined || requestors.find(requestorId) !== undefined)
  )
}

function unanswered(organization: IndexedOrganization, { partnerId, requestorId }: Wanted): Wanted {
  return {
    partnerId: isAnswered(organization, { partnerId }) ? undefined : partnerId,
    requestorId: isAnswered(organization, { requestorId }) ? undefined : requestorId,
  }
}

function bytesOfClient({ scopes, apiScopes = {}, revokedTokenIds }: ClientRights): number {
  const ofApis = Object.values(apiScopes).reduce((count, ofApi) => count + 1 + ofApi.length, 0)
  return 900 + 100 * (scopes.length + ofApis + revokedTokenIds.length)
}

function bytesOfOrganization({ capabilities, partners, requestors }: OrganizationRights): number {
  const permissions = requestors.list?.reduce((count, requestor) => count + requestor.permissions.length, 0) ?? 0
  const listed = (partners.list?.length ?? 0) + 2 * (requestors.list?.length ?? 0)
  return 2000 + 250 * listed + 100 * (permissions + Object.keys(capabilities).length)
}
