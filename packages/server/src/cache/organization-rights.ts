// What the cache knows of organizations, as a guard decides on it: loaded on demand, one load at a time for all clients of an organization.
// Of an organization with many partners or requestors, single ones are looked up and remembered, also that it does not have them.
import type { Kysely } from 'kysely'
import { indexOrganization, indexPermissions, type Membership, type RequestorPermissions, type Wanted } from '@countersign/guard'
import type { Partner } from '@countersign/protocol'
import type { Realm } from '../realms/realm.ts'
import { DamagedRowError, type OnDamage } from '../store/damage.ts'
import type { Schema } from '../store/schema.ts'
import { createBatchReader } from './batch-reader.ts'
import { organizationRights } from './entitlement-document.ts'
import type { Entries, KnownOrganization } from './entries.ts'
import { findPartner, findRequestor, readOrganization } from './read-organization.ts'
import type { OrganizationRecord } from './records.ts'

interface Options {
  readonly db: Kysely<Schema>
  readonly entries: Entries
  readonly requiredVersion: (realm: string) => string | null
  /** Shares one read among concurrent callers. */
  readonly readOnce: <T>(what: string, read: () => Promise<T>) => Promise<T>
  readonly generation: () => number
  /** Whether a read that began at this generation is still the state of the store, as far as this node knows. */
  readonly isCurrent: (generation: number) => boolean
  readonly realms: ReadonlyMap<string, Realm>
  readonly onDamage?: OnDamage
}

export class OrganizationRights {
  readonly #options: Options
  readonly #read: (id: string) => Promise<OrganizationRecord | undefined>
  #loads = 0

  constructor(options: Options) {
    this.#options = options
    const { db, onDamage } = options
    const readEach = async ([id]: readonly string[]) => {
      const organization = await readOrganization(db, id!, onDamage)
      return new Map(organization && [[id!, organization]])
    }
    // An organization takes several statements: more of them at once would take the connections of the token endpoint.
    this.#read = createBatchReader({ read: readEach, maxPerQuery: 1 })
  }

  /** The organization if it is cached, by the version of the Data Processing Agreement that is required now. */
  find(realm: Realm, id: string): KnownOrganization | undefined {
    const { entries, requiredVersion } = this.#options
    const known = entries.findRights(realm.name, id)
    if (!known || known.dpaVersion === requiredVersion(realm.name)) return known
    return entries.rememberRights(this.#index(realm, known.record))
  }

  /** Reads an organization and remembers it. @throws DamagedRowError */
  load(id: string): Promise<KnownOrganization | undefined> {
    return this.#options.readOnce(`organization ${id}`, async () => {
      const { entries, realms, generation, isCurrent } = this.#options
      const read = generation()
      const record = await this.#read(id)
      if (record?.damage) throw new DamagedRowError(record.damage)
      const realm = record && realms.get(record.realm)
      if (!realm) return undefined
      const known = this.#index(realm, record)
      return isCurrent(read) ? entries.rememberRights(known) : known
    })
  }

  /** The organization with what is wanted of it. @throws DamagedRowError */
  async get(realm: Realm, id: string, wanted: Wanted): Promise<KnownOrganization | undefined> {
    const known = this.find(realm, id) ?? (await this.load(id))
    if (known) await this.#learn(known, wanted)
    return known
  }

  async #learn({ indexed, load }: KnownOrganization, { partnerId, requestorId }: Wanted): Promise<void> {
    const { db, readOnce, entries, onDamage = () => {} } = this.#options
    const { id } = indexed.rights
    if (partnerId !== undefined && indexed.partners.find(partnerId) === undefined) {
      const partner = await readOnce(`partner ${id} ${partnerId}`, () => findPartner(db, id, partnerId))
      entries.answers.set(answerKey(load, 'partner', partnerId), partner)
    }
    if (requestorId !== undefined && indexed.requestors.find(requestorId) === undefined) {
      const requestor = await readOnce(`requestor ${id} ${requestorId}`, () => findRequestor(db, id, requestorId, onDamage))
      entries.answers.set(answerKey(load, 'requestor', requestorId), requestor && indexPermissions(requestor))
    }
  }

  #index(realm: Realm, record: OrganizationRecord): KnownOrganization {
    const { entries, requiredVersion } = this.#options
    const dpaVersion = requiredVersion(realm.name)
    const load = ++this.#loads
    const indexed = indexOrganization(organizationRights(realm, record, dpaVersion), {
      partners: { find: (id) => entries.answers.get(answerKey(load, 'partner', id)) } as Membership<Partner>,
      requestors: { find: (id) => entries.answers.get(answerKey(load, 'requestor', id)) } as Membership<RequestorPermissions>,
    })
    return { record, dpaVersion, load, indexed }
  }
}

/** Answers of all organizations are bounded together. They belong to one load: those of an earlier one are never found again. */
function answerKey(load: number, kind: 'partner' | 'requestor', id: string): string {
  return `${load} ${kind} ${id}`
}
