// The entries of the cache: clients, the organizations that their entries share, what each organization may do, and answers about single
// partners and requestors. Every step takes the same time however many entries it makes outdated: an outdated entry is no longer found,
// and is dropped later. Bounded each by the number of clients that the configuration allows.
import type { Entitlement, IndexedClient, IndexedOrganization, RequestorPermissions } from '@countersign/guard'
import type { Partner } from '@countersign/protocol'
import { BoundedMap } from './bounded-map.ts'
import { packDigest } from './read-secrets.ts'
import type { ClientRecord, OrganizationRecord, OrganizationSummaryRecord, SecretRecord } from './records.ts'

export interface CachedClient {
  record: ClientRecord
  readonly organization: CachedOrganization
  /** What a guard must know of it; undefined until one asks. */
  rights: IndexedClient | undefined
  entitlement: Entitlement | undefined
}

export interface CachedOrganization {
  /** Of the realm, when the entry was made; undefined before the first change to all of the realm. */
  readonly epoch: object | undefined
  /** Undefined after a change to the organization; its clients are found again once it was read. */
  summary: OrganizationSummaryRecord | undefined
}

export interface KnownOrganization {
  readonly record: OrganizationRecord
  /** The version of the Data Processing Agreement that was required. */
  readonly dpaVersion: string | null
  readonly indexed: IndexedOrganization
  /** Numbers the loads. */
  readonly load: number
}

interface CachedRights extends KnownOrganization {
  readonly organization: CachedOrganization
}

export interface RenewedDigest {
  readonly realm: string
  readonly clientId: string
  readonly secretId: string
  /** As the secret was before. */
  readonly secret: Pick<SecretRecord, 'digest'>
  readonly digest: Uint8Array
  readonly pepperVersion: number
}

type Answer = Partner | RequestorPermissions | null

/** A partner or a requestor takes about an eighth of the memory of a client with its secrets. */
const itemsPerClient = 8

export class Entries {
  readonly answers: BoundedMap<Answer>
  readonly #clients: BoundedMap<CachedClient>
  readonly #organizations: BoundedMap<CachedOrganization>
  readonly #rights: BoundedMap<CachedRights>
  readonly #epochs = new Map<string, object>()

  /** @param limit in clients */
  constructor(limit: number) {
    this.answers = new BoundedMap(limit * itemsPerClient)
    this.#clients = new BoundedMap(limit)
    this.#organizations = new BoundedMap(limit)
    this.#rights = new BoundedMap(limit, weigh)
  }

  findClient(realm: string, clientId: string): CachedClient | undefined {
    const client = this.#clients.get(keyOf(realm, clientId))
    if (!client) return undefined
    const { organization, record } = client
    const { summary } = organization
    if (!summary || this.#findOrganization(realm, record.organization.id) !== organization) return undefined
    if (record.organization !== summary) client.record = { ...record, organization: summary }
    return client
  }

  /** The organization that has to be read before the client is found again: all that was forgotten is what its organization may do. */
  findMissingOrganization(realm: string, clientId: string): string | undefined {
    const client = this.#clients.get(keyOf(realm, clientId))
    const id = client?.record.organization.id
    const isMissing = id !== undefined && !client?.organization.summary && this.#findOrganization(realm, id) === client?.organization
    return isMissing ? id : undefined
  }

  /** @param client read after the last change that this node knows */
  remember(client: ClientRecord): CachedClient {
    const { realm, clientId } = client
    const organization = this.#openOrganization(realm, client.organization)
    const summary = organization.summary!
    const record = client.organization === summary ? client : { ...client, organization: summary }
    const entry = { record, organization, rights: undefined, entitlement: undefined }
    this.#clients.set(keyOf(realm, clientId), entry)
    return entry
  }

  findRights(realm: string, organizationId: string): KnownOrganization | undefined {
    const rights = this.#rights.get(organizationId)
    return rights && rights.organization === this.#findOrganization(realm, organizationId) ? rights : undefined
  }

  /** @param known read after the last change that this node knows */
  rememberRights(known: KnownOrganization): KnownOrganization {
    const { id, realm, slug, name, status, tokensNotBefore } = known.record
    const organization = this.#openOrganization(realm, { id, slug, name, status, tokensNotBefore })
    this.#rights.set(id, { ...known, organization })
    return known
  }

  /** Whether the client was cached, and what a guard knew of it. */
  forgetClient(realm: string, clientId: string): CachedClient | undefined {
    const client = this.findClient(realm, clientId)
    this.#clients.delete(keyOf(realm, clientId))
    return client
  }

  renewDigest({ realm, clientId, secretId, secret, digest, pepperVersion }: RenewedDigest): void {
    const client = this.findClient(realm, clientId)
    if (!client?.record.secrets.some(({ id, digest: known }) => id === secretId && known === secret.digest)) return
    const renewed = { digest: packDigest(digest), pepperVersion }
    const secrets = client.record.secrets.map((one) => (one.id === secretId ? { ...one, ...renewed } : one))
    client.record = { ...client.record, secrets }
  }

  /** Forgets the organization and what it may do, not what is known of its clients. Returns what was known. */
  forgetRights(id: string): CachedOrganization | undefined {
    const organization = this.#organizations.get(id)
    this.#rights.delete(id)
    if (!organization?.summary) return undefined
    organization.summary = undefined
    return organization
  }

  forgetOrganization(id: string): void {
    this.#rights.delete(id)
    this.#organizations.delete(id) // Its clients are not found any more: a new entry is another object.
  }

  forgetRealm(realm: string): void {
    this.#epochs.set(realm, {})
  }

  forgetAll(): void {
    this.#epochs.clear()
    this.answers.clear()
    this.#clients.clear()
    this.#organizations.clear()
    this.#rights.clear()
  }

  /** Undefined also if it was cached before a change to all of the realm. */
  #findOrganization(realm: string, id: string): CachedOrganization | undefined {
    const organization = this.#organizations.get(id)
    return organization?.epoch === this.#epochs.get(realm) ? organization : undefined
  }

  #openOrganization(realm: string, summary: OrganizationSummaryRecord): CachedOrganization {
    const known = this.#findOrganization(realm, summary.id)
    if (!known) {
      const opened = { epoch: this.#epochs.get(realm), summary }
      this.#organizations.set(summary.id, opened)
      return opened
    }
    if (!known.summary || !isSame(known.summary, summary)) known.summary = summary
    return known
  }
}

function keyOf(realm: string, clientId: string): string {
  return `${realm}\n${clientId}`
}

function isSame(one: OrganizationSummaryRecord, other: OrganizationSummaryRecord): boolean {
  return one.status === other.status && one.tokensNotBefore === other.tokensNotBefore && one.name === other.name && one.slug === other.slug
}

function weigh({ record: { partners, requestors } }: CachedRights): number {
  return 1 + ((partners.list?.length ?? 0) + (requestors.list?.length ?? 0)) / itemsPerClient
}
