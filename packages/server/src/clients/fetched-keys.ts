// The keys of clients that publish them (`jwks_uri`, RFC 7591 §2), fetched when an assertion needs them. An outsider can send an
// assertion that names an unknown key, so a client's set is fetched at most once a minute.
import { BoundedMap } from '../cache/bounded-map.ts'
import type { CredentialRecord } from '../cache/records.ts'
import { FetchBusyError } from '../outbound/fetch-error.ts'
import { FetchError, type FetchJson } from '../outbound/fetch-json.ts'
import type { ReadKeyMaterial } from './key-material.ts'
import { readKeySet, type SetKey } from './key-set.ts'

/** A key that left the set is accepted for so long at most, and while the set cannot be fetched for `staleMs`. */
const freshMs = 300_000
const staleMs = 3_600_000
const retryMs = 60_000
/** Nothing was fetched, because too much was. */
const busyRetryMs = 1000
const keptSets = 1000
/** Apart from the sets: a set that was dropped must not be fetched more often for it. */
const keptAttempts = 100_000
const atOnce = 20

export interface FetchedKeys {
  /** The keys that may be used now, undefined if none are known. */
  find(credential: CredentialRecord, now: number): readonly SetKey[] | undefined
  /** Fetches the set if it is due. */
  refresh(credential: CredentialRecord, now: number): Promise<void>
}

interface KnownSet {
  readonly keys: readonly SetKey[]
  readonly fetchedAt: number
}

export function createFetchedKeys(
  readMaterial: ReadKeyMaterial,
  fetchJson: FetchJson,
  onFailure: (url: string, error: Error) => void,
): FetchedKeys {
  const sets = new BoundedMap<KnownSet>(keptSets)
  const triedAt = new BoundedMap<number>(keptAttempts)
  const pending = new Map<string, Promise<void>>()

  async function fetchSet(credential: CredentialRecord, now: number): Promise<void> {
    const { jwksUri: url = '', algorithm } = readMaterial(credential)
    try {
      const keys = readKeySet(await fetchJson(url), algorithm)
      if (!keys) throw new FetchError('it is no JWK Set of at most 20 keys')
      sets.set(credential.id, { keys, fetchedAt: now })
    } catch (error) {
      if (error instanceof FetchBusyError) triedAt.set(credential.id, now - retryMs + busyRetryMs)
      onFailure(url, error as Error)
    }
  }

  return {
    find({ id }, now) {
      const known = sets.get(id)
      if (!known) return undefined
      const age = now - known.fetchedAt
      const isWaiting = now - (triedAt.get(id) ?? -Infinity) < retryMs
      return age <= freshMs || (isWaiting && age <= staleMs) ? known.keys : undefined
    },
    async refresh(credential, now) {
      const { id } = credential
      const running = pending.get(id)
      if (running) return running
      if (now - (triedAt.get(id) ?? -Infinity) < retryMs || pending.size >= atOnce) return
      triedAt.set(id, now)
      const fetching = fetchSet(credential, now).finally(() => pending.delete(id))
      pending.set(id, fetching)
      return fetching
    },
  }
}
