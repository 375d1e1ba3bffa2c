// How old the signing keys of this node are, as a gauge, and a warning for one that should have been replaced long ago.
import type { Clock } from '../clock.ts'
import { activation, findActiveRows, findStaged, type KeyRow } from '../keys/key-rows.ts'
import { isOverdue, rulesOf } from '../keys/key-states.ts'
import type { SigningKeys } from '../keys/realm-keys.ts'
import type { Realm } from '../realms/realm.ts'
import type { LabelledGauge } from './metrics.ts'
import type { Readiness } from './readiness.ts'

interface Watched {
  readonly realms: ReadonlyMap<string, Realm>
  readonly signingKeys: SigningKeys
  readonly clock: Clock
}

export interface ActiveKey {
  readonly realm: Realm
  readonly algorithm: string
  readonly row: KeyRow
  /** Staged keys that can take its place. */
  readonly reserves: number
}

/** The keys that sign, of all realms. */
export function listActiveKeys({ realms, signingKeys }: Pick<Watched, 'realms' | 'signingKeys'>): ActiveKey[] {
  return [...realms.values()].flatMap((realm) => {
    const rows = signingKeys.of(realm.name).rows()
    const toKey = ([algorithm, row]: [string, KeyRow]) => ({ realm, algorithm, row, reserves: findStaged(rows.live, algorithm).length })
    return [...findActiveRows(rows, realm)].map(toKey)
  })
}

export function isKeyOverdue({ realm, row }: ActiveKey, now: number): boolean {
  return isOverdue(row, rulesOf(realm, 0), now)
}

export function watchSigningKeys(readiness: Readiness, watched: Watched): LabelledGauge[] {
  const { clock } = watched
  const activeKeys = () => listActiveKeys(watched)
  readiness.warn('signing-keys', () => {
    const now = clock()
    const [first, ...others] = activeKeys().filter((key) => isKeyOverdue(key, now))
    if (!first) return undefined
    const days = Math.floor((now - activation(first.row)) / 86_400_000)
    const more = others.length > 0 ? ` (and ${others.length} more)` : ''
    return `the signing key of the realm "${first.realm.name}" for ${first.algorithm} is ${days} days old and signs on${more}`
  })
  return [
    {
      name: 'signing_key_age_seconds',
      help: 'Time since the active signing key began to sign, by realm and algorithm, in seconds.',
      labelNames: ['realm', 'algorithm'],
      readAll() {
        const now = clock()
        return activeKeys().map(({ realm, algorithm, row }) => ({
          labels: { realm: realm.name, algorithm },
          value: (now - activation(row)) / 1000,
        }))
      },
    },
  ]
}
