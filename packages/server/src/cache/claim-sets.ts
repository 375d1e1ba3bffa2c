// The claim sets of all realms: grants that clients share. All of them are in memory; a client names one.
import type { Kysely } from 'kysely'
import type { Grant } from '@countersign/protocol'
import { DamagedRowError, type Damage, type OnDamage } from '../store/damage.ts'
import type { Schema } from '../store/schema.ts'
import { parseGrant } from './read-grants.ts'

export class ClaimSets {
  readonly #db: Kysely<Schema>
  readonly #onDamage: OnDamage
  /** By realm and name. */
  #sets: ReadonlyMap<string, ReadonlyMap<string, Grant | Damage>> = new Map()
  /** The number of loads that began, and which of them was applied last. */
  #begun = 0
  #applied = 0

  constructor(db: Kysely<Schema>, onDamage: OnDamage = () => {}) {
    this.#db = db
    this.#onDamage = onDamage
  }

  /** Another number than before after every load. */
  get version(): number {
    return this.#applied
  }

  async load(): Promise<void> {
    const load = ++this.#begun
    const rows = await this.#db.selectFrom('claim_sets').select(['realm', 'name', 'content']).execute()
    if (load < this.#applied) return // One that began later has been answered: this one may lack the last change.
    const ofRealms = Map.groupBy(rows, ({ realm }) => realm)
    this.#sets = new Map([...ofRealms].map(([realm, ofRealm]) => [realm, new Map(ofRealm.map((row) => [row.name, this.#parse(row)]))]))
    this.#applied = load
  }

  /** @throws DamagedRowError if the set does not exist or cannot be read: a token without its claims would be another one */
  get(realm: string, name: string): Grant {
    const set = this.#sets.get(realm)?.get(name)
    if (set && 'claims' in set) return set
    throw new DamagedRowError(set ?? damageOf(realm, name))
  }

  /** All audiences that the sets of a realm add. */
  audiencesOf(realm: string): string[] {
    return [...(this.#sets.get(realm)?.values() ?? [])].flatMap((set) => ('claims' in set ? set.audiences : []))
  }

  #parse({ realm, name, content }: { realm: string; name: string; content: string }): Grant | Damage {
    try {
      return parseGrant(content)
    } catch {
      const damage = damageOf(realm, name)
      this.#onDamage(damage)
      return damage
    }
  }
}

function damageOf(realm: string, name: string): Damage {
  return { table: 'claim_sets', row: `${realm} ${name}`, column: 'content' }
}
