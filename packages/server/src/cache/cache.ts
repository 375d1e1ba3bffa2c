// The cache of clients and organizations: filled on demand, forgotten on change, bounded. A lookup of a cached client never waits for the
// database. entries.ts has what is cached, and organization-rights.ts how an organization is loaded.
import { setTimeout as pause } from 'node:timers/promises'
import type { Kysely } from 'kysely'
import { indexClient, type Entitlement, type IndexedClient, type IndexedOrganization, type Wanted } from '@countersign/guard'
import type { Clock } from '../clock.ts'
import type { Realm } from '../realms/realm.ts'
import { DamagedRowError, type OnDamage } from '../store/damage.ts'
import type { Schema } from '../store/schema.ts'
import { ClaimSets } from './claim-sets.ts'
import { createClientReader, type ReadClient } from './client-reader.ts'
import { DpaVersions } from './dpa-versions.ts'
import { Entries, type RenewedDigest } from './entries.ts'
import { clientRights } from './entitlement-document.ts'
import type { Lease } from './lease.ts'
import { OrganizationRights } from './organization-rights.ts'
import { createRevokedTokenReader } from './read-revoked-tokens.ts'
import type { ClientRecord } from './records.ts'

export interface CacheOptions {
  /** For what requests wait for. */
  readonly db: Kysely<Schema>
  /** For what none waits for. */
  readonly backgroundPool: Kysely<Schema>
  readonly realms: ReadonlyMap<string, Realm>
  readonly clock: Clock
  /** The number of clients in the cache; above it, the least recently used ones are evicted. */
  readonly clientsInMemory: number
  /** For a store that other nodes may change: whether the cache may be used, and the store trusted and queried. */
  readonly lease?: Pick<Lease, 'isFresh' | 'untilFresh' | 'isReachable' | 'isAway'>
  /** Called with every row that was read and is damaged. */
  readonly onDamage?: OnDamage
}

/** The state of a client in the store. */
export interface StoredClient {
  readonly client: ClientRecord | undefined
  /** Adds the client to the cache, unless something changed since it was read. */
  remember(): void
}

/** How often an entry is read again while changes go on. */
const maxReadAgain = 10

export class Cache {
  readonly #options: CacheOptions
  readonly #dpaVersions: DpaVersions
  readonly #claimSets: ClaimSets
  readonly #readClient: ReadClient
  readonly #readRevokedTokens: ReturnType<typeof createRevokedTokenReader>
  readonly #entries: Entries
  readonly #rights: OrganizationRights
  readonly #reading = new Map<string, Promise<unknown>>()
  /** What is being read again. */
  readonly #repeated = new Set<string>()
  #generation = 0

  constructor(options: CacheOptions) {
    const { db, backgroundPool, realms, clientsInMemory, clock, onDamage } = options
    this.#options = options
    this.#dpaVersions = new DpaVersions(backgroundPool, realms)
    this.#claimSets = new ClaimSets(backgroundPool, onDamage)
    this.#readClient = createClientReader(db, onDamage)
    this.#readRevokedTokens = createRevokedTokenReader(db)
    this.#entries = new Entries(clientsInMemory)
    this.#rights = new OrganizationRights({
      db,
      entries: this.#entries,
      requiredVersion: (realm) => this.#dpaVersions.required(realm, clock()),
      readOnce: (what, read) => this.#once(what, read),
      realms,
      generation: () => this.#generation,
      isCurrent: (read) => this.#isCurrent(read),
      ...(onDamage && { onDamage }),
    })
  }

  /** Reads the versions of the Data Processing Agreement and the claim sets; everything else is read on demand. */
  async load(): Promise<void> {
    await Promise.all([this.#dpaVersions.load(), this.#claimSets.load()])
  }

  get claimSets(): Pick<ClaimSets, 'get' | 'version' | 'audiencesOf'> {
    return this.#claimSets
  }

  /** The client if it is cached; a client that is not cached may still exist. */
  findClient(realm: string, clientId: string): ClientRecord | undefined {
    if (this.#isDoubtful()) return undefined
    return this.#entries.findClient(realm, clientId)?.record
  }

  /** Whether the store can be queried; while it cannot, no client is reported as unknown. */
  isReachable(): boolean {
    return this.#options.lease?.isReachable() ?? true
  }

  /**
   * The client as it is in the store now. An unknown client costs the same query as an existing one; concurrent lookups share it.
   * @throws the error of an unreachable store, at once if the outage is known
   */
  async readClient(realm: string, clientId: string): Promise<StoredClient> {
    if (this.#options.lease?.isAway()) throw Object.assign(new Error('the store has not answered for a while'), { code: '08006' })
    if (this.#isDoubtful()) await this.trustStore()
    const read = this.#generation
    const client = await this.#once(`client ${realm} ${clientId}`, () => this.#readClient(realm, clientId))
    return {
      client,
      remember: () => {
        if (client && this.#isCurrent(read)) this.#entries.remember(client)
      },
    }
  }

  /** Incremented whenever something is forgotten: earlier reads may be outdated. */
  get generation(): number {
    return this.#generation
  }

  /** Resolves if the store can be trusted: an old primary answers as if no later revocation existed. */
  async trustStore(): Promise<void> {
    if (this.#isDoubtful()) await this.#options.lease?.untilFresh()
  }

  /** The version of the Data Processing Agreement that a realm requires now. */
  requiredDpaVersion(realm: string): string | null {
    return this.#dpaVersions.required(realm, this.#options.clock())
  }

  /**
   * What decides about the tokens of a client; returned at once if it is cached. With it, the partner and the requestor that are wanted
   * are known of its organization.
   * @throws DamagedRowError; any error of a store that cannot be queried
   */
  findEntitlement(realm: string, clientId: string, wanted: Wanted = {}): Entitlement | Promise<Entitlement | undefined> {
    return this.#findCached(realm, clientId, wanted) ?? this.#loadEntitlement(this.#getRealm(realm), clientId, wanted)
  }

  /**
   * What an organization of a realm may do, without one of its clients; undefined if the realm has no such organization.
   * @throws DamagedRowError; any error of a store that cannot be queried
   */
  async findOrganization(realm: string, id: string): Promise<IndexedOrganization | undefined> {
    if (this.#isDoubtful()) await this.trustStore()
    const known = await this.#rights.get(this.#getRealm(realm), id, {})
    return known?.record.realm === realm ? known.indexed : undefined
  }

  /** Forgets one client, with its tokens. */
  forgetClient(realm: string, clientId: string): void {
    this.#generation++
    const known = this.#entries.forgetClient(realm, clientId)
    if (!known) return
    this.#readAgain(`client ${realm} ${clientId}`, async () => {
      if (known.rights) return void (await this.findEntitlement(realm, clientId))
      const stored = await this.readClient(realm, clientId)
      stored.remember()
    })
  }

  /** Another digest of a secret that is the same: an entry with the digest before gets it, if there is one. */
  renewDigest(renewal: RenewedDigest): void {
    this.#entries.renewDigest(renewal)
  }

  /** Forgets what an organization may do, and not its clients: the next one of them that is read is enough for all. */
  forgetRights(organizationId: string): void {
    this.#generation++
    if (this.#entries.forgetRights(organizationId))
      this.#readAgain(`organization ${organizationId}`, () => this.#rights.load(organizationId))
  }

  /** Forgets an organization with its clients. */
  forgetOrganization(organizationId: string): void {
    this.#generation++
    this.#entries.forgetOrganization(organizationId)
  }

  /** Forgets what a change to all organizations of a realm affects. */
  async forgetRealm(realm: string): Promise<void> {
    this.#generation++
    this.#entries.forgetRealm(realm)
    await this.load()
  }

  /** Reads the claim sets again. Their clients stay: they name their sets. */
  async forgetClaimSets(): Promise<void> {
    this.#generation++
    await this.#claimSets.load()
  }

  async forgetAll(): Promise<void> {
    this.#generation++
    this.#entries.forgetAll()
    await this.load()
  }

  /** While the cache must not be used, reads are not trusted either. */
  #isDoubtful(): boolean {
    return this.#options.lease?.isFresh() === false
  }

  /** @param read the generation before a read */
  #isCurrent(read: number): boolean {
    return read === this.#generation && !this.#isDoubtful()
  }

  #findCached(realm: string, clientId: string, wanted: Wanted): Entitlement | undefined {
    const client = this.#isDoubtful() ? undefined : this.#entries.findClient(realm, clientId)
    if (!client?.rights) return undefined
    const organization = this.#rights.find(this.#getRealm(realm), client.record.organization.id)?.indexed
    if (!organization || !isAnswered(organization, wanted)) return undefined
    if (client.entitlement?.organization !== organization) client.entitlement = Object.freeze({ organization, client: client.rights })
    return client.entitlement
  }

  async #loadEntitlement(realm: Realm, clientId: string, wanted: Wanted): Promise<Entitlement | undefined> {
    if (this.#isDoubtful()) await this.trustStore()
    const missing = this.#entries.findMissingOrganization(realm.name, clientId)
    if (missing !== undefined) await this.#rights.load(missing)
    const read = this.#generation
    const client = await this.#getClient(realm.name, clientId)
    if (!client) return undefined
    // The scopes of the client are unknown, and an entitlement without scopes would be wrong.
    if (client.damage?.column === 'scopes') throw new DamagedRowError(client.damage)
    const { id } = client.organization
    const [rights, known] = await Promise.all([
      this.#entries.findClient(realm.name, clientId)?.rights ?? this.#readRights(realm, client),
      this.#rights.get(realm, id, wanted),
    ])
    if (!known) return undefined
    if (!client.damage && this.#isCurrent(read)) {
      const entry = this.#entries.findClient(realm.name, clientId) ?? this.#entries.remember(client)
      entry.rights = rights
    }
    return Object.freeze({ organization: known.indexed, client: rights })
  }

  async #readRights(realm: Realm, client: ClientRecord): Promise<IndexedClient> {
    const revokedTokenIds = await this.#once(`tokens of ${client.id}`, () => this.#readRevokedTokens(client))
    return indexClient(clientRights(realm, client, revokedTokenIds))
  }

  async #getClient(realm: string, clientId: string): Promise<ClientRecord | undefined> {
    const known = this.findClient(realm, clientId)
    if (known) return known
    const { client } = await this.readClient(realm, clientId)
    return client
  }

  #getRealm(name: string): Realm {
    const realm = this.#options.realms.get(name)
    if (!realm) throw new TypeError(`The realm "${name}" is not configured`)
    return realm
  }

  /** If the store can become unreachable: reads what was just cached, so that it can still be served during an outage. */
  #readAgain(what: string, read: () => Promise<unknown>): void {
    if (!this.#options.lease?.isReachable() || this.#repeated.has(what)) return
    this.#repeated.add(what)
    void this.#repeat(read)
      .catch(() => {})
      .finally(() => this.#repeated.delete(what))
  }

  /**
   * The next pull repeats this node's own change, and other changes arrive meanwhile: what was read before them is not remembered. After
   * about a second without a pause between changes the entry is left to be read on demand.
   */
  async #repeat(read: () => Promise<unknown>): Promise<void> {
    for (let attempt = 1; attempt <= maxReadAgain; attempt++) {
      const before = this.#generation
      await read()
      if (before === this.#generation) return
      await pause(attempt * 20, undefined, { ref: false })
    }
  }

  /** Concurrent callers share one read; a read from before a change known to this node is not shared with later callers. */
  #once<T>(what: string, read: () => Promise<T>): Promise<T> {
    const key = `${this.#generation} ${what}`
    let reading = this.#reading.get(key) as Promise<T> | undefined
    if (!reading) {
      reading = read().finally(() => this.#reading.delete(key))
      this.#reading.set(key, reading)
    }
    return reading
  }
}

function isAnswered({ partners, requestors }: Entitlement['organization'], { partnerId, requestorId }: Wanted): boolean {
  return (
    (partnerId === undefined || partners.find(partnerId) !== undefined) &&
    (requestorId === undefined || requestors.find(requestorId) !== undefined)
  )
}
