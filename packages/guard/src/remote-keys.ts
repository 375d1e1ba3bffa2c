// The keys of an issuer over HTTP: found by its metadata, refreshed ahead of time and when the changes of the realm say so, kept while the
// issuer fails.
import { discoverUrl } from '@countersign/client/discovery'
import { fetchJson, type Fetch } from './fetch-json.ts'
import { createFreshValue } from './fresh-value.ts'
import { readKeySet, type KeySet } from './key-set.ts'
import { refusedStatus, RemoteGuardError, toRemoteGuardError } from './remote-guard-error.ts'
import { nextPause, type RetryPause } from './retry-pause.ts'
import type { VerificationKey } from './verification-key.ts'
import { startUnrefTimer, type StartTimer } from './unref-timer.ts'
import type { KeySource } from './verify-token.ts'
import { createWithdrawnKeys } from './withdrawn-keys.ts'

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
  readonly startTimer?: StartTimer
}

/** What the changes of the realm say of its keys. */
export interface KeyNews {
  /** The ids of keys that must not be used any more. */
  readonly compromised: readonly string[]
  /** There may have been other news, which are not known. */
  readonly mayMissNews: boolean
}

export interface RemoteKeySource extends KeySource {
  /** Resolves when there are keys, rejects if they cannot be fetched. */
  ready(): Promise<void>
  /** Resolves when no fetch is under way; never rejects. */
  settled(): Promise<void>
  /** Why the last fetch failed; `undefined` if it did not. */
  readonly failure: Error | undefined
  /** Ends the keys that are named, and has the key set fetched again within two seconds, if there are requests. */
  follow(news: KeyNews): void
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
/** After news, at random, so that the guards of a server do not come together. */
const maxDelayMs = 2000
/** So long after news an unknown key id is rather a new key than a forgery: the pause between two fetches is shorter, and requests wait for its end. */
const expectingMs = 60_000
const expectingCooldownMs = 1000
const maxWaiting = 100
/** After news may have been missed, keys that were fetched before count for no longer: one of them may have been named as compromised. */
const unconfirmedMs = 300_000

export function createRemoteKeys(options: RemoteKeysOptions): RemoteKeySource {
  const { issuer, fetch, clock, random, onError, jwksUri, startTimer = startUnrefTimer } = options
  const withdrawn = createWithdrawnKeys(clock)
  let hasNews = false
  let expectsUntil = -Infinity
  let waiting = 0
  /** When news may have been missed, first and last since the keys were fetched. */
  let missed: { readonly first: number; readonly last: number } | undefined
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

  async function loadKeys(previous: KeySet = new Map(), isOvertaken: () => boolean): Promise<KeySet> {
    const startedAt = clock()
    try {
      const url = await findJwksUri()
      const answer = await fetchJson(url, { fetch, maxBytes })
      if (answer.status !== 200) throw refusedStatus(url, answer, 'keys')
      if (isOvertaken()) throw new RemoteGuardError('network', `${url} answered too late`, { issuer })
      const current = readKeySetAloud(url, answer.body, withdrawn.withKept(previous))
      const vanished = withdrawn.compare(previous, current, startedAt)
      if (missed && startedAt >= missed.last) missed = undefined
      // A change of the keys explains it.
      if (startedAt >= expectsUntil) for (const kid of vanished) onError(new Error(`${url}: ${vanishedText(kid)}`))
      return current
    } catch (error) {
      throw toRemoteGuardError(error, issuer)
    }
  }

  /** Tells `onError` of each skipped key, once as long as the set has it. */
  function readKeySetAloud(url: string, body: unknown, previous: KeySet): KeySet {
    const before = skipped
    skipped = new Set()
    const note = (message: string) => {
      skipped.add(message)
      if (!before.has(message)) onError(new Error(`${url}: ${message}`))
    }
    return readKeySet(body, previous, note)
  }

  function isUnconfirmed(): boolean {
    return missed !== undefined && clock() - missed.first >= unconfirmedMs
  }

  async function findConfirmed(kid: string): Promise<VerificationKey | undefined> {
    if (keys.failure && keys.isPaused) throw keys.failure
    return findIn(keys.refresh(), kid)
  }

  async function findIn(loading: Promise<KeySet>, kid: string): Promise<VerificationKey | undefined> {
    const current = await loading
    if (withdrawn.isCompromised(kid)) return undefined
    return current.get(kid) ?? withdrawn.findKept(kid) ?? findAgain(kid)
  }

  /** For the end of the short pause after news. */
  async function waitForPause(): Promise<void> {
    const leftMs = keys.attemptedAt + expectingCooldownMs - clock()
    if (leftMs <= 0 || keys.failure) return
    if (waiting >= maxWaiting) throw new Error(`The keys of ${issuer} have changed and are fetched again in a moment`)
    waiting++
    await new Promise<void>((resolve) => startTimer(resolve, leftMs))
    waiting--
  }

  async function findAgain(kid: string): Promise<VerificationKey | undefined> {
    const isExpecting = clock() < expectsUntil
    if (isExpecting && !(await keys.pending)?.has(kid)) await waitForPause()
    const cooldownMs = isExpecting ? expectingCooldownMs : cooldownSeconds * 1000
    // A failed fetch has a pause of its own, with jitter: a new key would otherwise bring all guards back together.
    const mayFetch = keys.failure ? !keys.isPaused : clock() - keys.attemptedAt >= cooldownMs
    const current = await (mayFetch ? keys.refresh() : (keys.pending ?? keys.get()))
    if (withdrawn.isCompromised(kid)) return undefined
    const key = current.get(kid)
    // The issuer may have published the key since, so it is not known to be unknown.
    if (!key && keys.failure) throw keys.failure
    return key
  }

  return {
    // No promise for a known key: nearly every request gets here.
    find(kid) {
      if (withdrawn.isCompromised(kid)) return undefined
      if (isUnconfirmed()) return findConfirmed(kid)
      try {
        const current = keys.get()
        return current instanceof Promise ? findIn(current, kid) : (current.get(kid) ?? withdrawn.findKept(kid) ?? findAgain(kid))
      } catch (error) {
        return Promise.reject(error as Error)
      }
    },
    async ready() {
      await keys.get()
    },
    settled: keys.settled,
    get failure() {
      return keys.failure
    },
    follow({ compromised, mayMissNews }) {
      for (const kid of compromised) withdrawn.compromise(kid)
      if (mayMissNews) withdrawn.missNews()
      const isFirst = !hasNews && mayMissNews
      hasNews = true
      if (isFirst) return // The keys were fetched just now, or will be.
      if (mayMissNews) missed = { first: missed?.first ?? clock(), last: clock() }
      expectsUntil = clock() + expectingMs
      keys.refreshFrom(clock() + random() * maxDelayMs)
    },
  }
}

/** Quoted, so that a name from outside cannot break a line of a log. */
function vanishedText(kid: string): string {
  return `The key ${JSON.stringify(kid)} is no longer published, and no change of the keys explains it. Its tokens are accepted for up to an hour`
}
