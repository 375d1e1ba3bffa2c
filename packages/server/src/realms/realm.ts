// A realm with its URLs, as the rest of the server uses it.
import { parseInstant } from '@countersign/protocol'
import { completeCompatibility, type Compatibility } from './compatibility.ts'
import { hiddenScopeNames, nameOf, scopeNames } from './declared-scopes.ts'
import { splitIssuer } from './issuer-setting.ts'
import { addressesOf, type RealmAddress } from './realm-addresses.ts'
import { completeSigningKeys, quietMarginSeconds, type RealmSettings, type SigningKeySettings } from './realm-settings.ts'

export interface Realm extends Omit<
  RealmSettings,
  'issuer' | 'tokenEndpoint' | 'tokensNotBefore' | 'secretRotation' | 'compatibility' | 'aliases' | 'scopes' | 'apis' | 'signingKeys'
> {
  readonly name: string
  /** The `iss` of its tokens: an absolute URL without a trailing slash. */
  readonly issuer: string
  /** The origin of the issuer, at which all of its endpoints are. */
  readonly origin: string
  /** The path part of the issuer, '' for a realm at the root. */
  readonly issuerPath: string
  readonly tokenPath: string
  readonly tokenUrl: string
  /** Where it is: the address of the issuer, then its aliases. */
  readonly addresses: readonly [RealmAddress, ...RealmAddress[]]
  readonly compatibility: Compatibility
  /** The names of all scopes, of whatever API. */
  readonly scopes: readonly string[]
  /** Those that act without being named in a token. */
  readonly hiddenScopes: ReadonlySet<string>
  /** The scopes of its APIs besides the one of `audience`, by audience. */
  readonly apis: ReadonlyMap<string, ReadonlySet<string>>
  /** Seconds since the epoch; 0 if no token was ever cut. */
  readonly tokensNotBefore: number
  readonly secretRotation: Required<RealmSettings['secretRotation']>
  readonly signingKeys: SigningKeySettings
}

/**
 * Completes the paths of a realm to the URLs in its tokens and its metadata.
 * @param signingKeys what the realm does not set itself
 */
export function completeRealm(
  name: string,
  settings: RealmSettings,
  publicUrl: string,
  signingKeys: RealmSettings['signingKeys'] = {},
): Realm {
  const { issuer, tokenEndpoint: tokenPath, aliases, ...rest } = settings
  const { origin, path: issuerPath } = splitIssuer(issuer, publicUrl)
  return {
    ...rest,
    name,
    origin,
    issuerPath,
    issuer: origin + issuerPath,
    tokenPath,
    tokenUrl: origin + tokenPath,
    addresses: addressesOf({ origin, issuerPath, tokenPath, aliases }),
    compatibility: completeCompatibility(settings.compatibility, settings.tokenProfile),
    scopes: scopeNames(settings),
    hiddenScopes: new Set(hiddenScopeNames(settings)),
    apis: new Map(Object.entries(settings.apis).map(([audience, { scopes }]) => [audience, new Set(scopes.map(nameOf))])),
    secretRotation: {
      ...settings.secretRotation,
      quietPeriod: settings.secretRotation.quietPeriod ?? settings.accessTokenLifetime + quietMarginSeconds,
    },
    signingKeys: completeSigningKeys(settings.signingKeys, signingKeys),
    tokensNotBefore: Math.floor((parseInstant(settings.tokensNotBefore ?? '') ?? 0) / 1000),
  }
}
