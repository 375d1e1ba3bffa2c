// Determines the version of the Data Processing Agreement that a realm requires at an instant: the highest version that is in force.
// In force are published versions whose requiredFrom has passed, and the one in the configuration.
import type { Kysely } from 'kysely'
import { compareVersions } from '@countersign/protocol'
import type { Realm } from '../realms/realm.ts'
import type { Schema } from '../store/schema.ts'

type PublishedVersion = Pick<Schema['dpa_versions'], 'realm' | 'version' | 'required_from'>

export class DpaVersions {
  readonly #db: Kysely<Schema>
  readonly #realms: ReadonlyMap<string, Realm>
  #published = new Map<string, PublishedVersion[]>()
  /** The number of loads that began, and which of them was applied last. */
  #begun = 0
  #applied = 0

  constructor(db: Kysely<Schema>, realms: ReadonlyMap<string, Realm>) {
    this.#db = db
    this.#realms = realms
  }

  async load(): Promise<void> {
    const load = ++this.#begun
    const rows = await this.#db.selectFrom('dpa_versions').select(['realm', 'version', 'required_from']).execute()
    if (load < this.#applied) return // One that began later has been answered: this one may lack the last change.
    this.#applied = load
    this.#published = Map.groupBy(rows, ({ realm }) => realm)
  }

  required(realm: string, now: number): string | null {
    return requiredVersion(this.#realms.get(realm), this.#published.get(realm) ?? [], now)
  }
}

/** The highest version in force, published or configured. */
export function requiredVersion(
  realm: Pick<Realm, 'requiredDpaVersion'> | undefined,
  published: readonly Pick<PublishedVersion, 'version' | 'required_from'>[],
  now: number,
): string | null {
  const inForce = published.filter(({ required_from }) => required_from <= now).map(({ version }) => version)
  if (realm?.requiredDpaVersion !== undefined) inForce.push(realm.requiredDpaVersion)
  return inForce.toSorted(compareVersions).at(-1) ?? null
}
