// The keys of an issuer over HTTP: found through its discovery document, refreshed ahead of time, kept when it fails.
import { fetchJson, requireSecureUrl, type Fetch } from './fetch-json.ts'
import { createFreshValue } from './fresh-value.ts'
import { readKeySet, type KeySet } from './key-set.ts'
import type { VerificationKey } from './verification-key.ts'
import type { KeySource } from './verify-token.ts'

export interface RemoteKeysOptions {
  readonly issuer: string
  readonly fetch: Fetch
  /** Milliseconds. */
  readonly clock: () => number
  readonly onError: (error: Error) => void
}

export interface RemoteKeySource extends KeySource {
  /** Resolves when there are keys, rejects when they cannot be had. */
  ready(): Promise<void>
}

const maxBytes = 256 * 1024
/** A withdrawn key works no longer than this, as long as the issuer answers. */
const freshSeconds = 300
const aheadSeconds = 240
const staleIfErrorSeconds = 86_400
/** Between two fetches that an unknown key id or a failure causes, counted from the attempt: forged ids must not become load. */
const cooldownSeconds = 30

export function createRemoteKeys({ issuer, fetch, clock, onError }: RemoteKeysOptions): RemoteKeySource {
  const common = { staleIfErrorSeconds, retrySeconds: cooldownSeconds, clock }
  const jwksUri = createFreshValue({ ...common, load: () => discoverJwksUri(issuer, fetch), freshSeconds: 3600, onError: () => {} })
  const keys = createFreshValue<KeySet>({ ...common, load: loadKeys, freshSeconds, aheadSeconds, onError })

  async function loadKeys(previous: KeySet | undefined): Promise<KeySet> {
    const url = await jwksUri.get()
    const { status, body } = await fetchJson(url, { fetch, maxBytes })
    if (status !== 200) throw new Error(`${url} returned HTTP ${status}`)
    return readKeySet(body, previous)
  }

  async function findAgain(kid: string): Promise<VerificationKey | undefined> {
    const age = (clock() - keys.attemptedAt) / 1000
    const current = age >= cooldownSeconds || age < 0 ? await keys.refresh() : await keys.get()
    const key = current.get(kid)
    // The issuer may have published the key since: nobody can say that it has not.
    if (!key && keys.failure) throw keys.failure
    return key
  }

  return {
    async find(kid) {
      return (await keys.get()).get(kid) ?? findAgain(kid)
    },
    async ready() {
      await keys.get()
    },
  }
}

/** OpenID Connect Discovery §4: the issuer in the document must be exactly the one that was asked (a trailing slash is another). */
async function discoverJwksUri(issuer: string, fetch: Fetch): Promise<string> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`
  const { status, body } = await fetchJson(url, { fetch, maxBytes })
  if (status !== 200) throw new Error(`${url} returned HTTP ${status}`)
  const { issuer: found, jwks_uri: jwksUri } = (body ?? {}) as Record<string, unknown>
  if (found !== issuer) throw new Error(`The discovery document at ${url} does not belong to the issuer "${issuer}"`)
  const { protocol, href } = requireSecureUrl('jwks_uri', jwksUri)
  // An issuer on https must not take its keys from a plain port of this machine.
  if (protocol === 'http:' && issuer.startsWith('https:')) throw new Error(`The "jwks_uri" of "${issuer}" is not an https URL`)
  return href
}
