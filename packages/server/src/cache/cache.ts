// The cache of organizations and clients: filled on demand, cleared on change, bounded. A lookup of a cached client never waits for the
// database.
import type { Kysely } from 'kysely'
import { indexEntitlement, type Entitlement } from '@countersign/guard'
import type { Clock } from '../clock.ts'
import type { Realm } from '../realms/realm.ts'
import { entitlementDocument } from './entitlement-document.ts'
import type { Schema } from '../store/schema.ts'
import { DamagedRowError } from '../store/damage.ts'
import { createClientReader, type ReadClient } from './client-reader.ts'
import { DpaVersions } from './dpa-versions.ts'
import { findOrganizationId, findOrganizationOfClient, readOrganization } from './read-organization.ts'
import type { ClientRecord, OrganizationRecord } from './records.ts'
import type { OnDamage } from '../store/damage.ts'
import type { Lease } from './lease.ts'

export interface CacheOptions {
  readonly db: Kysely<Schema>
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
  /** Adds the client to the cache, unless entries were cleared since it was read. */
  remember(): void
}

/** The entry of one organization: single clients that requested tokens, or the whole organization once a guard requested it. */
interface Entry {
  readonly realm: string
  clientIds: string[]
  organization: OrganizationRecord | undefined
  /** The period of its last use. */
  usedIn: number
}

/** The maximum number of clients of one organization that are reloaded without a request. */
const maxReadAgain = 64

export class Cache {
  readonly #options: CacheOptions
  readonly #dpaVersions: DpaVersions
  readonly #readClient: ReadClient
  readonly #entries = new Map<string, Entry>()
  readonly #entitlements = new WeakMap<OrganizationRecord, { readonly dpaVersion: string | null; readonly entitlement: Entitlement }>()
  readonly #clients = new Map<string, Map<string, ClientRecord>>()
  readonly #loading = new Map<string, Promise<OrganizationRecord | undefined>>()
  readonly #reading = new Map<string, Promise<unknown>>()
  #clientCount = 0
  #generation = 0
  /** Entries last used in an earlier period are evicted first. */
  #period = 0

  constructor(options: CacheOptions) {
    this.#options = options
    this.#dpaVersions = new DpaVersions(options.db, options.realms)
    this.#readClient = createClientReader(options.db, options.onDamage)
    for (const realm of options.realms.keys()) this.#clients.set(realm, new Map())
  }

  /** Reads the versions of the Data Processing Agreement; everything else is read on demand. */
  load(): Promise<void> {
    return this.#dpaVersions.load()
  }

  /** The client if it is cached; a client that is not cached may still exist. */
  findClient(realm: string, clientId: string): ClientRecord | undefined {
    if (this.#options.lease?.isFresh() === false) return undefined
    const client = this.#clients.get(realm)?.get(clientId)
    if (client) this.#entries.get(client.organization.id)!.usedIn = this.#period
    return client
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
    if (this.#isDoubtful()) await this.#options.lease?.untilFresh()
    const read = this.#generation
    const client = await this.#once(`client ${realm} ${clientId}`, () => this.#readClient(realm, clientId))
    return { client, remember: () => client && this.#remember(client, read) }
  }

  /** Replaces the entry of a whole organization, which is older than the client. @param read the generation before the read */
  #remember(client: ClientRecord, read: number): void {
    if (read !== this.#generation || this.#options.lease?.isFresh() === false) return
    const { id } = client.organization
    if (this.#entries.get(id)?.organization) this.#remove(id)
    const entry = this.#entries.get(id) ?? this.#open(id, client.realm)
    this.#add(entry, client)
    this.#makeRoom(id)
  }

  /** Incremented whenever entries are cleared: earlier reads may be outdated. */
  get generation(): number {
    return this.#generation
  }

  /** By id or by slug. @throws DamagedRowError */
  async loadOrganization(realm: string, key: string): Promise<OrganizationRecord | undefined> {
    if (!this.#isDoubtful()) {
      const known = this.#entries.get(key)?.organization
      if (known?.realm === realm) return known
    }
    if (this.#isDoubtful()) await this.#options.lease?.untilFresh()
    const id = await findOrganizationId(this.#options.db, realm, key)
    return id === undefined ? undefined : this.#loadById(id)
  }

  /** The entitlement of the holder of a token; returned at once if it is cached. @throws DamagedRowError */
  findEntitlement(realm: string, clientId: string): Entitlement | Promise<Entitlement | undefined> {
    const client = this.findClient(realm, clientId)
    const known = client && this.#entries.get(client.organization.id)!.organization
    if (known) return this.getEntitlement(known)
    return this.#loadOrganizationOf(realm, clientId).then((organization) => {
      // The scopes of the client are unknown, and an entitlement without scopes would be wrong.
      const damage = organization?.clients.find((one) => one.clientId === clientId)?.damage
      if (damage?.column === 'scopes') throw new DamagedRowError(damage)
      return organization && this.getEntitlement(organization)
    })
  }

  /** The entitlement in the form that a guard decides on; built once per state of an organization. */
  getEntitlement(organization: OrganizationRecord): Entitlement {
    const realm = this.#options.realms.get(organization.realm)
    if (!realm) throw new TypeError(`The realm "${organization.realm}" is not configured`)
    const dpaVersion = this.#dpaVersions.required(realm.name, this.#options.clock())
    const known = this.#entitlements.get(organization)
    if (known && known.dpaVersion === dpaVersion) return known.entitlement
    const entitlement = indexEntitlement(entitlementDocument(realm, organization, dpaVersion))
    this.#entitlements.set(organization, { dpaVersion, entitlement })
    return entitlement
  }

  /** Clears the entry of a changed organization. */
  forget(organizationId: string): void {
    const entry = this.#entries.get(organizationId)
    this.#generation++
    this.#remove(organizationId)
    // If the store can become unreachable: reload clients that were just cached, so that they can still be served during an outage.
    if (entry && this.#options.lease?.isReachable()) void this.#readAgain(entry)
  }

  /** Clears what a change to all organizations of a realm affects. */
  async forgetRealm(realm: string): Promise<void> {
    this.#generation++
    for (const [id, entry] of this.#entries) if (entry.realm === realm) this.#remove(id)
    await this.#dpaVersions.load()
  }

  async forgetAll(): Promise<void> {
    this.#generation++
    for (const id of this.#entries.keys()) this.#remove(id)
    await this.#dpaVersions.load()
  }

  /** While the cache must not be used, reads are not trusted either: an old primary answers as if no later revocation existed. */
  #isDoubtful(): boolean {
    return this.#options.lease?.isFresh() === false
  }

  async #readAgain({ realm, clientIds }: Entry): Promise<void> {
    // The next pull repeats this node's own change, and other changes arrive meanwhile; after these the entry is read on demand.
    for (let attempt = 1; attempt <= 3; attempt++) {
      const read = this.#generation
      const reading = clientIds.slice(0, maxReadAgain).map((clientId) => this.readClient(realm, clientId))
      const stored = await Promise.all(reading).catch(() => [])
      if (read !== this.#generation) continue
      for (const client of stored) client.remember()
      return
    }
  }

  async #loadOrganizationOf(realm: string, clientId: string): Promise<OrganizationRecord | undefined> {
    if (this.#isDoubtful()) await this.#options.lease?.untilFresh()
    const id = await this.#once(`organization of ${realm} ${clientId}`, () => findOrganizationOfClient(this.#options.db, realm, clientId))
    return id === undefined ? undefined : this.#loadById(id)
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

  /** Concurrent callers share one load; it is repeated if a change came in between. */
  #loadById(id: string): Promise<OrganizationRecord | undefined> {
    let loading = this.#loading.get(id)
    if (!loading) {
      loading = this.#read(id).finally(() => this.#loading.delete(id))
      this.#loading.set(id, loading)
    }
    return loading
  }

  async #read(id: string): Promise<OrganizationRecord | undefined> {
    for (;;) {
      const generation = this.#generation
      const organization = await readOrganization(this.#options.db, id, this.#options.onDamage)
      if (generation !== this.#generation) continue
      if (organization?.damage) throw new DamagedRowError(organization.damage)
      this.#remove(id)
      if (organization) this.#put(organization)
      return organization
    }
  }

  #put(organization: OrganizationRecord): void {
    const entry = this.#open(organization.id, organization.realm)
    entry.organization = organization
    for (const client of organization.clients) if (!client.damage) this.#add(entry, client)
    this.#makeRoom(organization.id)
  }

  #add(entry: Entry, client: ClientRecord): void {
    const clients = this.#clients.get(entry.realm)
    if (!clients) return
    if (!clients.has(client.clientId)) {
      // Nearly all organizations have one client, and V8 gives an array that grows room for 17.
      if (entry.clientIds.length === 0) entry.clientIds = [client.clientId]
      else entry.clientIds.push(client.clientId)
      this.#clientCount++
    }
    clients.set(client.clientId, client)
  }

  #open(organizationId: string, realm: string): Entry {
    const entry: Entry = { realm, clientIds: [], organization: undefined, usedIn: this.#period }
    this.#entries.set(organizationId, entry)
    return entry
  }

  /** Above the bound: evicts entries that were not used since the last eviction, then the oldest, until a quarter is free. */
  #makeRoom(newest: string): void {
    if (this.#clientCount <= this.#options.clientsInMemory) return
    const enough = this.#options.clientsInMemory * 0.75
    for (const isLate of [false, true]) {
      for (const [id, { usedIn }] of this.#entries) {
        if (this.#clientCount <= enough) break
        if (id !== newest && (isLate || usedIn !== this.#period)) this.#remove(id)
      }
    }
    this.#period++
  }

  #remove(organizationId: string): void {
    const entry = this.#entries.get(organizationId)
    if (!entry) return
    this.#entries.delete(organizationId)
    for (const clientId of entry.clientIds) this.#clients.get(entry.realm)?.delete(clientId)
    this.#clientCount -= entry.clientIds.length
  }
}
