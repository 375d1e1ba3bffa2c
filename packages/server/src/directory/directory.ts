// What requests need to know of organizations and clients, in memory: read from the store when it is first asked for,
// forgotten when it changed, bounded. A request for somebody who is known never waits for the database.
import { isDeepStrictEqual } from 'node:util'
import type { Kysely } from 'kysely'
import { indexEntitlement, type Entitlement } from '@countersign/guard'
import type { Clock } from '../clock.ts'
import type { Realm } from '../configuration/configuration.ts'
import { entitlementDocument } from '../organizations/entitlement.ts'
import type { Schema } from '../store/schema.ts'
import { DpaVersions } from './dpa-versions.ts'
import {
  findOrganizationId,
  findOrganizationOfClient,
  readClient,
  readOrganization,
  type ClientRecord,
  type OrganizationRecord,
} from './read-organizations.ts'

export interface DirectoryOptions {
  readonly db: Kysely<Schema>
  readonly realms: ReadonlyMap<string, Realm>
  readonly clock: Clock
  /** How many clients are kept in memory; beyond that, those that were not asked for lately go. */
  readonly clientsInMemory: number
  /** Whether memory may be used now; where another node may have changed something unheard, it may not. */
  readonly isFresh?: () => boolean
  /** Whether the store answered when it was last asked. */
  readonly isReachable?: () => boolean
}

interface Entry {
  readonly organization: OrganizationRecord
  usedIn: number
}

export class Directory {
  readonly #options: DirectoryOptions
  readonly #dpaVersions: DpaVersions
  readonly #entries = new Map<string, Entry>()
  readonly #entitlements = new WeakMap<OrganizationRecord, { readonly dpaVersion: string | null; readonly entitlement: Entitlement }>()
  readonly #clients = new Map<string, Map<string, ClientRecord>>()
  readonly #loading = new Map<string, Promise<OrganizationRecord | undefined>>()
  readonly #reading = new Map<string, Promise<unknown>>()
  #clientCount = 0
  /** Grows whenever something is forgotten: what was read before may be older than that. */
  #generation = 0
  /** Entries used in an earlier period than this one are the first to go. */
  #period = 0

  constructor(options: DirectoryOptions) {
    this.#options = options
    this.#dpaVersions = new DpaVersions(options.db, options.realms)
    for (const realm of options.realms.keys()) this.#clients.set(realm, new Map())
  }

  /** Reads what is needed before the first request. */
  load(): Promise<void> {
    return this.#dpaVersions.load()
  }

  /** The client as memory has it; a client that is not there may still exist. */
  findClient(realm: string, clientId: string): ClientRecord | undefined {
    if (this.#options.isFresh?.() === false) return undefined
    const client = this.#clients.get(realm)?.get(clientId)
    if (client) this.#entries.get(client.organization.id)!.usedIn = this.#period
    return client
  }

  /** Whether the store can be asked; while it cannot, nobody is told that he is unknown. */
  isReachable(): boolean {
    return this.#options.isReachable?.() ?? true
  }

  /** The client as the store has it now, in one query whether it exists or not; one for all who ask at once. */
  readClient(realm: string, clientId: string): Promise<ClientRecord | undefined> {
    return this.#once(`client ${realm} ${clientId}`, () => readClient(this.#options.db, realm, clientId))
  }

  /**
   * The client as memory or else the store has it.
   * @param seen what the store showed of the client: memory that is older is not used
   * @throws whatever the store throws when it cannot be asked
   */
  async loadClient(realm: string, clientId: string, seen?: ClientRecord): Promise<ClientRecord | undefined> {
    const known = this.findClient(realm, clientId)
    // Of many who were read from the store at once, the first has brought the client into memory for the others.
    if (known && (!seen || isDeepStrictEqual(known, seen))) return known
    if (known) this.forget(known.organization.id)
    const organization = await (seen ? this.#loadById(seen.organization.id) : this.#loadOrganizationOf(realm, clientId))
    return organization?.clients.find((client) => client.clientId === clientId)
  }

  /** By id or by slug. */
  async loadOrganization(realm: string, key: string): Promise<OrganizationRecord | undefined> {
    if (this.#options.isFresh?.() !== false) {
      const known = this.#entries.get(key)?.organization
      if (known?.realm === realm) return known
    }
    const id = await findOrganizationId(this.#options.db, realm, key)
    return id === undefined ? undefined : this.#loadById(id)
  }

  /** What the holder of a token is entitled to; at once where memory knows it. */
  findEntitlement(realm: string, clientId: string): Entitlement | Promise<Entitlement | undefined> {
    const client = this.findClient(realm, clientId)
    if (client) return this.getEntitlement(this.#entries.get(client.organization.id)!.organization)
    return this.#loadOrganizationOf(realm, clientId).then((organization) => organization && this.getEntitlement(organization))
  }

  /** The entitlement in the form that a guard decides by; built once per state of an organization. */
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

  /** An organization changed: what memory has of it is no longer true. */
  forget(organizationId: string): void {
    this.#generation++
    this.#remove(organizationId)
  }

  /** Something changed for all organizations of a realm. */
  async forgetRealm(realm: string): Promise<void> {
    this.#generation++
    for (const { organization } of this.#entries.values()) if (organization.realm === realm) this.#remove(organization.id)
    await this.#dpaVersions.load()
  }

  async forgetAll(): Promise<void> {
    this.#generation++
    for (const id of this.#entries.keys()) this.#remove(id)
    await this.#dpaVersions.load()
  }

  async #loadOrganizationOf(realm: string, clientId: string): Promise<OrganizationRecord | undefined> {
    const id = await this.#once(`organization of ${realm} ${clientId}`, () => findOrganizationOfClient(this.#options.db, realm, clientId))
    return id === undefined ? undefined : this.#loadById(id)
  }

  /** One read for all who ask at once; what was read before a change of which this node knows is not for those who ask after it. */
  #once<T>(what: string, read: () => Promise<T>): Promise<T> {
    const key = `${this.#generation} ${what}`
    let reading = this.#reading.get(key) as Promise<T> | undefined
    if (!reading) {
      reading = read().finally(() => this.#reading.delete(key))
      this.#reading.set(key, reading)
    }
    return reading
  }

  /** One read for all who wait; read again where a change came in between. */
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
      const organization = await readOrganization(this.#options.db, id)
      if (generation !== this.#generation) continue
      this.#remove(id)
      if (organization) this.#put(organization)
      return organization
    }
  }

  /** Organizations of realms that are no longer configured stay out. */
  #put(organization: OrganizationRecord): void {
    const clients = this.#clients.get(organization.realm)
    if (!clients) return
    this.#entries.set(organization.id, { organization, usedIn: this.#period })
    for (const client of organization.clients) clients.set(client.clientId, client)
    this.#clientCount += organization.clients.length
    if (this.#clientCount > this.#options.clientsInMemory) this.#makeRoom(organization.id)
  }

  /** Drops those that were not used since it was last called, then the oldest, until a quarter is free. */
  #makeRoom(newest: string): void {
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
    const { realm, clients } = entry.organization
    for (const { clientId } of clients) this.#clients.get(realm)?.delete(clientId)
    this.#clientCount -= clients.length
  }
}
