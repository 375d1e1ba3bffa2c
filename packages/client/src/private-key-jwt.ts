// Client authentication by a private key (RFC 7521, RFC 7523): what the caller configures, and the assertion that one request carries.
import { kindOf, parseSafeUrl, refuseUnknownOptions, type SigningAlgorithmName } from '@countersign/protocol'
import { reasonOf } from './exchange-error.ts'
import type { PrivateKey } from './private-key.ts'
import { readKeyNames, readSigningKey, unavailable, type ClientKey, type KeyNames, type Signer, type SigningKey } from './signing-key.ts'
import { TokenRequestError } from './token-request-error.ts'

export type PrivateKeyJwtOptions = {
  /**
   * Who the assertion is for: the issuer of the authorization server, exactly as in its metadata. Needed with `tokenUrl` only; by default
   * it is the `issuer` of the provider.
   */
  readonly audience?: string
  /**
   * Called when another key than before has obtained its first token, with its id: the older one can be removed from the server when
   * every instance has switched.
   */
  readonly onKeyProven?: (keyId: string | undefined) => void
} & (
  | {
      /** A function is called before each token request, so that a new key needs no restart. */
      readonly privateKey: PrivateKey | (() => ClientKey | Promise<ClientKey>)
      readonly keyId?: string
      readonly algorithm?: SigningAlgorithmName
      readonly sign?: never
    }
  | (Signer & { readonly privateKey?: never })
)

/** Created by {@link privateKeyJwt}. The key is not a member, so logging the object does not reveal it. */
export interface PrivateKeyJwt {
  readonly audience: string | undefined
  readonly onKeyProven: (keyId: string | undefined) => void
  /** Whether {@link findKey} may return another key the next time. */
  readonly isReadAgain?: boolean
  /** @throws TokenRequestError `key_unavailable` */
  readonly findKey: () => Promise<SigningKey>
}

/**
 * Authenticates a client by a signature instead of a secret: the option `clientAuth` of {@link createTokenProvider}. Each request gets an
 * assertion of its own, which is valid for a minute and for one server. The key never leaves the process; with `sign` it is not even there.
 *
 * @example
 * createTokenProvider({
 *   issuer: 'https://auth.example.com/realms/nt24-idp',
 *   clientId: 'api-client-acme',
 *   clientAuth: privateKeyJwt({ privateKey: () => readFile('/run/secrets/acme.pem', 'utf8'), keyId: 'acme-2026' }),
 * })
 *
 * @throws TypeError for an option that is unknown, missing or invalid, and for a key that does not fit the algorithm; it never repeats a key.
 */
export function privateKeyJwt(options: PrivateKeyJwtOptions): PrivateKeyJwt {
  refuseUnknownOptions('privateKeyJwt', options, ['privateKey', 'sign', 'keyId', 'algorithm', 'audience', 'onKeyProven'])
  const { audience, onKeyProven = () => {}, ...key } = options
  if (audience !== undefined && (typeof audience !== 'string' || parseSafeUrl(audience) === undefined))
    throw new TypeError('privateKeyJwt: "audience" must be the issuer of the server, an absolute https URL (http only on loopback)')
  if (typeof onKeyProven !== 'function')
    throw new TypeError(`privateKeyJwt: "onKeyProven" must be a function; found ${kindOf(onKeyProven)}`)
  const isReadAgain = typeof options.privateKey === 'function'
  return Object.freeze({ audience, onKeyProven, isReadAgain, findKey: createKeyFinder(key) })
}

function createKeyFinder({ privateKey, sign, keyId, algorithm }: Omit<PrivateKeyJwtOptions, 'audience' | 'onKeyProven'>) {
  if ((privateKey === undefined) === (sign === undefined))
    throw new TypeError(`privateKeyJwt: expected either "privateKey" or "sign", found ${sign === undefined ? 'neither' : 'both'}`)
  const defaults = readKeyNames({ keyId, algorithm })
  if (typeof privateKey === 'function') return () => callFinder(privateKey, defaults)
  const key = readSigningKey(sign === undefined ? { privateKey } : { sign }, defaults)
  return async () => key
}

async function callFinder(find: () => ClientKey | Promise<ClientKey>, defaults: KeyNames): Promise<SigningKey> {
  let found: ClientKey
  try {
    found = await find()
  } catch (error) {
    if (error instanceof TokenRequestError && error.code === 'key_unavailable') throw error
    throw unavailable(reasonOf(error))
  }
  try {
    return readSigningKey(found, defaults)
  } catch (error) {
    throw unavailable((error as Error).message) // Of a TypeError of this package, which repeats no key.
  }
}
