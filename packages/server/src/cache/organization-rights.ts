// What the cache knows of organizations, as a guard decides on it: loaded on demand, one load at a time for all clients of an organization.
// Of an organization with many partners or requestors, single ones are looked up and remembered, also that it does not have them.
import type { Kysely } from 'kysely'
import {
  indexOrganization,
  indexPermissions,
  isLowerCaseUuid,
  type IndexedOrganization,
  type Membership,
  type RequestorPermissions,
} from '@countersign/guard'
import type { Partner } from '@countersign/protocol'
import type { Realm } from '../realms/realm.ts'
import { DamagedRowError, type OnDamage } from '../store/damage.ts'
import type { Schema } from '../store/schema.ts'
import { createBatchReader } from './batch-reader.ts'
import { organizationRights } from './entitlement-document.ts'
import type { Entries } from './entries.ts'
import { findPartner, findRequestor, readOrganization } from './read-organization.ts'
import type { OrganizationRecord } from './records.ts'

/** The partner and the requestor of a request that is to be decided about, if its route requires them. */
export interface Wanted {
  readonly partnerId?: string
  readonly requestorId?: string
}

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
  find(realm: Realm, id: string): IndexedOrganization | undefined {
    const { entries, requiredVersion } = this.#options
    const known = entries.findRights(realm.name, id)
    if (!known) return undefined
    const dpaVersion = requiredVersion(realm.name)
    if (known.dpaVersion === dpaVersion) return known.indexed
    const indexed = this.#index(realm, known.record, dpaVersion)
    entries.rememberRights(known.record, { dpaVersion, indexed })
    return indexed
  }

  /** Reads an organization and remembers it. @throws DamagedRowError */
  load(id: string): Promise<IndexedOrganization | undefined> {
    return this.#options.readOnce(`organization ${id}`, async () => {
      const { entries, realms, generation, isCurrent, requiredVersion } = this.#options
      const read = generation()
      const record = await this.#read(id)
      if (record?.damage) throw new DamagedRowError(record.damage)
      const realm = record && realms.get(record.realm)
      if (!realm) return undefined
      const dpaVersion = requiredVersion(realm.name)
      const indexed = this.#index(realm, record, dpaVersion)
      if (isCurrent(read)) entries.rememberRights(record, { dpaVersion, indexed })
      return indexed
    })
  }

  /** Looks up what is wanted and not known yet. */
  async learn({ rights: { id }, partners, requestors }: IndexedOrganization, { partnerId, requestorId }: Wanted): Promise<void> {
    const { db, readOnce, onDamage = () => {} } = this.#options
    if (partnerId !== undefined && partners.find(partnerId) === undefined)
      partners.learn(partnerId, await readOnce(`partner ${id} ${partnerId}`, () => findPartner(db, id, partnerId)))
    if (requestorId !== undefined && requestors.find(requestorId) === undefined) {
      const requestor = await readOnce(`requestor ${id} ${requestorId}`, () => findRequestor(db, id, requestorId, onDamage))
      requestors.learn(requestorId, requestor && indexPermissions(requestor))
    }
  }

  #index(realm: Realm, record: OrganizationRecord, dpaVersion: string | null): IndexedOrganization {
    const indexed = indexOrganization(organizationRights(realm, record, dpaVersion))
    const { answers } = this.#options.entries
    // Answers belong to one load of the organization: those of an earlier one are never found again.
    const load = ++this.#loads
    return Object.freeze({
      rights: indexed.rights,
      partners: record.partners.list ? indexed.partners : (answersIn(answers, `${load} partner `) as Membership<Partner>),
      requestors: record.requestors.list
        ? indexed.requestors
        : (answersIn(answers, `${load} requestor `) as Membership<RequestorPermissions>),
    })
  }
}

/** Answers of all organizations are bounded together. */
function answersIn(answers: Entries['answers'], prefix: string): Membership<Partner | RequestorPermissions> {
  return {
    find: (id) => (isLowerCaseUuid(id) ? answers.get(prefix + id) : null),
    learn: (id, value) => answers.set(prefix + id, value),
  }
}
