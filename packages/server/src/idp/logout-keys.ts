// The keys by which an identity provider signs that a person has signed out. An organization chooses its identity provider, and with it how many keys
// there are and how much work it is to check them.
import { importVerificationKey, type VerificationKey } from '@countersign/guard'
import type { BoundedFetch } from '../outbound/bounded-fetch.ts'
import { isBusy } from './explain-failure.ts'
import { SignInRefusal } from './sign-in-refusal.ts'

export interface PublishedKey {
  readonly kid: unknown
  readonly alg: unknown
  /** Checked and imported once, when a token names it: that of a large RSA key holds the process. Undefined for one that cannot verify. */
  load(): VerificationKey | undefined
}

/** As many as a client may publish. */
const maxKeys = 20
const fetchMs = 5000

/** @throws SignInRefusal `idp-away` */
export async function fetchLogoutKeys(fetch: BoundedFetch, url: string | undefined): Promise<readonly PublishedKey[]> {
  if (url === undefined) throw new SignInRefusal('idp-away', 'idp-keys')
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(fetchMs), headers: { accept: 'application/json' } })
    const keys = response.status === 200 ? readKeys(await response.text()) : undefined
    if (!keys) throw new TypeError(`The answer with status ${response.status} has no keys`)
    return keys
  } catch (cause) {
    throw new SignInRefusal('idp-away', isBusy(cause) ? 'idp-busy' : 'idp-keys', { cause })
  }
}

/** Undefined for anything else than a set of keys. The message of the parser would have a piece of it, and is for the log. */
function readKeys(text: string): readonly PublishedKey[] | undefined {
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch {
    return undefined
  }
  const keys = (document as { readonly keys?: unknown } | null)?.keys
  return Array.isArray(keys) ? keys.slice(0, maxKeys).flatMap((jwk: unknown) => readKey(jwk) ?? []) : undefined
}

function readKey(jwk: unknown): PublishedKey | undefined {
  if (typeof jwk !== 'object' || jwk === null) return undefined
  const { kid, alg } = jwk as { readonly kid?: unknown; readonly alg?: unknown }
  let imported: VerificationKey | null | undefined
  return {
    kid,
    alg,
    load() {
      if (imported === undefined) imported = importVerificationKey(jwk) ?? null
      return imported ?? undefined
    },
  }
}
