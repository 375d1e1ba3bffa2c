// The keys of an issuer over HTTP: found by its metadata, refreshed ahead of time, kept while the issuer fails.
import { discoverUrl } from '@countersign/client/discovery'
import { fetchJson, type Fetch } from './fetch-json.ts'
import { createFreshValue } from './fresh-value.ts'
import { readKeySet, type KeySet } from './key-set.ts'
import { refusedStatus, toRemoteGuardError } from './remote-guard-error.ts'
import { nextPause, type RetryPause } from './retry-pause.ts'
import type { VerificationKey } from './verification-key.ts'
import type { KeySource } from './verify-token.ts'

export interface RemoteKeysOptions {
  readonly issuer: string
  readonly fetch: Fetch
  /** Milliseconds; never goes back. */
  readonly clock: () => number
  /** In [0, 1), for the pauses after failures. */
  readonly random: () => number
  readonly onError: (error: Error) => void
  /** Default: from the metadata of the issuer, and then at its origin. */
  readonly jwksUri?: string | undefined
}

export interface RemoteKeySource extends KeySource {
  /** Resolves when there are keys, rejects if they cannot be fetched. */
  ready(): Promise<void>
  /** Why the last fetch failed; `undefined` if it did not. */
  readonly failure: Error | undefined
}

const maxBytes = 256 * 1024
/** A withdrawn key verifies no longer than this, as long as the issuer answers. */
const freshSeconds = 300
const aheadSeconds = 240
const staleIfErrorSeconds = 86_400
/** The metadata are asked again, because the keys may have moved. */
const metadataSeconds = 3600
/** Between two fetches for an unknown key id, counted from the attempt: forged ids must not cause load. */
const cooldownSeconds = 30

export function createRemoteKeys(options: RemoteKeysOptions): RemoteKeySource {
  const { issuer, fetch, clock, random, onError, jwksUri } = options
  let found: { readonly url: string; readonly at: number } | undefined
  /** After failed metadata, while their last answer is used. */
  let metadataPause: RetryPause | undefined
  let skipped = new Set<string>()
  const keys = createFreshValue<KeySet>({ load: loadKeys, freshSeconds, aheadSeconds, staleIfErrorSeconds, clock, random, onError })

  async function findJwksUri(): Promise<string> {
    if (jwksUri !== undefined) return jwksUri
    const now = clock()
    if (found && (now - found.at < metadataSeconds * 1000 || (metadataPause && now < metadataPause.until))) return found.url
    try {
      found = { url: await discoverUrl({ fetch }, issuer, 'jwks_uri'), at: now }
      metadataPause = undefined
      return found.url
    } catch (thrown) {
      if (!found) throw thrown
      const error = toRemoteGuardError(thrown, issuer)
      metadataPause = nextPause(metadataPause, { error, startedAt: now, now: clock() }, random)
      onError(error)
      return found.url
    }
  }

  async function loadKeys(previous: KeySet | undefined): Promise<KeySet> {
    try {
      const url = await findJwksUri()
      const answer = await fetchJson(url, { fetch, maxBytes })
      if (answer.status !== 200) throw refusedStatus(url, answer, 'keys')
      return readKeySetAloud(url, answer.body, previous)
    } catch (error) {
      throw toRemoteGuardError(error, issuer)
    }
  }

  /** Tells `onError` of each skipped key, once as long as the set has it. */
  function readKeySetAloud(url: string, body: unknown, previous: KeySet | undefined): KeySet {
    const before = skipped
    skipped = new Set()
    const note = (message: string) => {
      skipped.add(message)
      if (!before.has(message)) onError(new Error(`${url}: ${message}`))
    }
    return readKeySet(body, previous, note)
  }

  async function findIn(loading: Promise<KeySet>, kid: string): Promise<VerificationKey | undefined> {
    return (await loading).get(kid) ?? findAgain(kid)
  }

  async function findAgain(kid: string): Promise<VerificationKey | undefined> {
    // A failed fetch has a pause of its own, with jitter: a new key would otherwise bring all guards back together.
    const mayFetch = keys.failure ? !keys.isPaused : clock() - keys.attemptedAt >= cooldownSeconds * 1000
    const current = mayFetch ? await keys.refresh() : await keys.get()
    const key = current.get(kid)
    // The issuer may have published the key since, so it is not known to be unknown.
    if (!key && keys.failure) throw keys.failure
    return key
  }

  return {
    // No promise for a known key: nearly every request gets here.
    find(kid) {
      try {
        const current = keys.get()
        return current instanceof Promise ? findIn(current, kid) : (current.get(kid) ?? findAgain(kid))
      } catch (error) {
        return Promise.reject(error as Error)
      }
    },
    async ready() {
      await keys.get()
    },
    get failure() {
      return keys.failure
    },
  }
}
