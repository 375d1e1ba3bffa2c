// A realm with its URLs, as the rest of the server uses it.
import { parseInstant } from '@countersign/protocol'
import { completeCompatibility, type Compatibility } from './compatibility.ts'
import { hiddenScopeNames, nameOf, quietMarginSeconds, scopeNames, type RealmSettings } from './realm-settings.ts'

export interface Realm extends Omit<
  RealmSettings,
  'issuer' | 'tokenEndpoint' | 'tokensNotBefore' | 'secretRotation' | 'compatibility' | 'scopes' | 'apis'
> {
  readonly name: string
  /** The `iss` of its tokens: an absolute URL without a trailing slash. */
  readonly issuer: string
  /** The path part of the issuer, '' for a realm at the root. */
  readonly issuerPath: string
  readonly tokenPath: string
  readonly tokenUrl: string
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
}

/** Completes the paths of a realm to the URLs in its tokens and its metadata. */
export function completeRealm(name: string, settings: RealmSettings, publicUrl: string): Realm {
  const issuerPath = toIssuerPath(settings.issuer)
  return {
    ...settings,
    name,
    issuerPath,
    issuer: publicUrl + issuerPath,
    tokenPath: settings.tokenEndpoint,
    tokenUrl: publicUrl + settings.tokenEndpoint,
    compatibility: completeCompatibility(settings.compatibility, settings.tokenProfile),
    scopes: scopeNames(settings),
    hiddenScopes: new Set(hiddenScopeNames(settings)),
    apis: new Map(Object.entries(settings.apis).map(([audience, { scopes }]) => [audience, new Set(scopes.map(nameOf))])),
    secretRotation: {
      ...settings.secretRotation,
      quietPeriod: settings.secretRotation.quietPeriod ?? settings.accessTokenLifetime + quietMarginSeconds,
    },
    tokensNotBefore: Math.floor((parseInstant(settings.tokensNotBefore ?? '') ?? 0) / 1000),
  }
}

/** @param issuer as it is configured */
export function toIssuerPath(issuer: string): string {
  return issuer === '/' ? '' : issuer
}
