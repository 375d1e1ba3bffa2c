// What the hot path needs to know of organizations and clients, in memory. It is filled from the store at the start and an
// organization is read again after every change that concerns it, so a request never waits for the database.
import type { Kysely } from 'kysely'
import type { EntitlementDocument } from '@countersign/protocol'
import { indexEntitlement, type Entitlement } from '@countersign/guard'
import type { Realm } from '../configuration/configuration.ts'
import type { Schema } from '../store/schema.ts'
import { entitlementDocument } from '../organizations/entitlement.ts'
import { readOrganizations, type ClientRecord, type OrganizationRecord } from './read-organizations.ts'

export class Directory {
  readonly #db: Kysely<Schema>
  readonly #realms: ReadonlyMap<string, Realm>
  readonly #organizations = new Map<string, OrganizationRecord>()
  readonly #entitlements = new WeakMap<OrganizationRecord, Entitlement>()
  readonly #clients = new Map<string, Map<string, ClientRecord>>()

  constructor(db: Kysely<Schema>, realms: ReadonlyMap<string, Realm>) {
    this.#db = db
    this.#realms = realms
    for (const realm of realms.keys()) this.#clients.set(realm, new Map())
  }

  /** Reads everything, once, at the start. Organizations of realms that are no longer configured stay out. */
  async load(): Promise<void> {
    for (const organization of await readOrganizations(this.#db)) this.#put(organization)
  }

  /** Reads one organization again, after a change to it or to anything that belongs to it. */
  async reload(organizationId: string): Promise<void> {
    const [organization] = await readOrganizations(this.#db, organizationId)
    this.#remove(organizationId)
    if (organization) this.#put(organization)
  }

  findClient(realm: string, clientId: string): ClientRecord | undefined {
    return this.#clients.get(realm)?.get(clientId)
  }

  /** By id or by slug; slugs are asked for by people, so they are searched and not indexed. */
  findOrganization(realm: string, key: string): OrganizationRecord | undefined {
    const byId = this.#organizations.get(key)
    if (byId) return byId.realm === realm ? byId : undefined
    return this.#organizations.values().find((organization) => organization.realm === realm && organization.slug === key)
  }

  /** The organizations of a realm in the order of their slugs, those behind `after`. */
  listOrganizations(realm: string, after = ''): OrganizationRecord[] {
    return [...this.#organizations.values()]
      .filter((organization) => organization.realm === realm && organization.slug > after)
      .sort((a, b) => (a.slug < b.slug ? -1 : 1))
  }

  getOrganization(id: string): OrganizationRecord {
    const organization = this.#organizations.get(id)
    if (!organization) throw new TypeError(`The organization "${id}" is not in the directory`)
    return organization
  }

  /** The entitlement in the form that a guard decides by; built at most once per state of an organization. */
  getEntitlement(organization: OrganizationRecord): Entitlement {
    let entitlement = this.#entitlements.get(organization)
    if (!entitlement) this.#entitlements.set(organization, (entitlement = indexEntitlement(this.#describe(organization))))
    return entitlement
  }

  #describe(organization: OrganizationRecord): EntitlementDocument {
    const realm = this.#realms.get(organization.realm)
    if (!realm) throw new TypeError(`The realm "${organization.realm}" is not configured`)
    return entitlementDocument(realm, organization)
  }

  #put(organization: OrganizationRecord): void {
    const clients = this.#clients.get(organization.realm)
    if (!clients) return
    this.#organizations.set(organization.id, organization)
    for (const client of organization.clients) clients.set(client.clientId, client)
  }

  #remove(organizationId: string): void {
    const organization = this.#organizations.get(organizationId)
    if (!organization) return
    this.#organizations.delete(organizationId)
    for (const client of organization.clients) this.#clients.get(organization.realm)?.delete(client.clientId)
  }
}
