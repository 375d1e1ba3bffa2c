// Creates access tokens in two steps: first the claims in the layout of the realm's profile, later the signature (RFC 7515, RFC
// 7519). The audit log gets its facts before a token exists that could leave.
import { randomUUID } from 'node:crypto'
import { mergeClaims, tokenProfiles, type Grant, type JsonRecord, type TokenProfile } from '@countersign/protocol'
import type { ClaimSets } from '../cache/claim-sets.ts'
import type { ClientRecord } from '../cache/records.ts'
import { adminAudience } from '../realms/operators-realm.ts'
import type { Realm } from '../realms/realm.ts'
import type { SigningKey } from '../keys/signing-keys.ts'
import { subjectOf } from '../realms/subject.ts'
import { isOperatorOfRealm } from '../cache/operator-rights.ts'
import { compileClaims, fillVariables, slots, type ClaimsTemplate } from './claims-template.ts'
import type { Granted } from './grant-scope.ts'
import { resolveGrant } from './resolve-grant.ts'
import { issuedAtAfterCut } from './token-cut.ts'

export interface TokenDraft {
  readonly tokenId: string
  readonly lifetimeSeconds: number
  /** Seconds since the epoch. */
  readonly issuedAt: number
  /** Seconds since the epoch. */
  readonly expiresAt: number
  /** Of the claim sets, when the claims were merged. */
  readonly claimsVersion: number
  /** What the header says besides the key. */
  readonly headerType: string | undefined
  /** JSON. */
  readonly claims: string
}

/** @throws DamagedRowError if a claim set of the client does not exist or cannot be read */
export type DraftToken = (client: ClientRecord, granted: Granted, nowMilliseconds: number) => TokenDraft

/** Of one client, or of all clients without grants; a caller chooses scopes and their order. */
const maxTemplates = 1000

/** Prepares what all tokens of a realm share. The returned function only computes: no I/O. */
export function createTokenDrafter(realm: Realm, claimSets: Pick<ClaimSets, 'get' | 'version'>): DraftToken {
  const profile: TokenProfile = tokenProfiles[realm.tokenProfile]
  const withoutGrants = {}
  const templatesOf = new WeakMap<object, { readonly version: number; readonly byRequest: Map<string, ClaimsTemplate> }>()

  /** Merged and serialized when something changed, not for each token. */
  function templateOf(client: ClientRecord, granted: Granted): ClaimsTemplate {
    const { version } = claimSets
    const owner = client.grants ?? withoutGrants
    let templates = templatesOf.get(owner)
    if (templates?.version !== version) templatesOf.set(owner, (templates = { version, byRequest: new Map() }))
    const { byRequest } = templates
    // No scope token has a line break.
    const request = `${granted.scopes.join(' ')}\n${granted.scope}\n${granted.api ?? ''}${isOperatorOfRealm(client) ? '\n' : ''}`
    let template = byRequest.get(request)
    if (!template) {
      if (byRequest.size >= maxTemplates) byRequest.clear()
      byRequest.set(request, (template = compileClaims(layOut(client, granted))))
    }
    return template
  }

  function layOut(client: ClientRecord, { scope, scopes, api }: Granted): JsonRecord {
    const grant = resolveGrant(client, claimSets, scopes)
    const claims = profile.claims({ issuer: realm.issuer, audience: audienceOf(realm, client, grant, api), scope, ...slots })
    for (const name of realm.omitClaims) delete claims[name]
    const roles = profile.roles(forApi(grant.roles, api)) ?? {}
    return mergeClaims([claims as JsonRecord, roles, fillVariables(grant.claims) as JsonRecord])
  }

  return (client, granted, now) => {
    const issuedAt = issuedAtAfterCut(now, Math.max(realm.tokensNotBefore, client.tokensNotBefore, client.organization.tokensNotBefore))
    const lifetimeSeconds = client.accessTokenLifetime ?? realm.accessTokenLifetime
    const expiresAt = Math.floor(now / 1000) + lifetimeSeconds
    const tokenId = randomUUID()
    const { clientId, organization } = client
    const subject = subjectOf(realm, client)
    const values = { clientId, subject, organizationId: organization.id, tokenId, issuedAt, expiresAt }
    const claims = templateOf(client, granted)(values)
    const headerType = client.headerType ?? profile.headerType
    return { tokenId, lifetimeSeconds, issuedAt, expiresAt, claimsVersion: claimSets.version, headerType, claims }
  }
}

/**
 * The one that the request chose, or that of the realm with those of the grants. One is a text, several are a list (RFC 7519 §4.1.3). The
 * default of an operator is the admin API: no other API is to get a token that opens it.
 */
function audienceOf(realm: Realm, client: ClientRecord, { audiences }: Grant, api: string | undefined): string | string[] | undefined {
  if (!tokenProfiles[realm.tokenProfile].hasAudience) return undefined
  if (api !== undefined) return api
  const own = isOperatorOfRealm(client) ? adminAudience : realm.audience
  const all = [...new Set([...(own === undefined ? [] : [own]), ...audiences])]
  return all.length > 1 ? all : all[0]
}

/** In a token for one API, roles of the others would only tell that one about them. */
function forApi(roles: Grant['roles'], api: string | undefined): Grant['roles'] {
  if (api === undefined) return roles
  return { ...roles, clients: Object.fromEntries(Object.entries(roles.clients).filter(([name]) => name === api)) }
}

const headers = new WeakMap<SigningKey, Map<string | undefined, string>>()

/** Returns the token, as a JWS in compact form (RFC 7515 §7.1). */
export function signDraft({ headerType, claims }: Pick<TokenDraft, 'headerType' | 'claims'>, key: SigningKey): string {
  const input = `${headerOf(key, headerType)}.${encode(claims)}`
  return `${input}.${key.sign(toBytes(input)).toString('base64url')}`
}

/** Encoded once for each key. */
function headerOf(key: SigningKey, typ: string | undefined): string {
  let ofKey = headers.get(key)
  if (!ofKey) headers.set(key, (ofKey = new Map()))
  let header = ofKey.get(typ)
  if (header === undefined) ofKey.set(typ, (header = encode(JSON.stringify({ alg: key.algorithm, typ, kid: key.kid }))))
  return header
}

function encode(json: string): string {
  return toBytes(json).toString('base64url')
}

/** Buffer for the UTF-8 bytes of a text, which are needed only for a moment; most texts fit. */
const scratch = Buffer.allocUnsafe(16_384)

/** Valid until the next call. */
function toBytes(text: string): Buffer {
  // A UTF-16 code unit takes at most three bytes in UTF-8.
  return text.length * 3 > scratch.length ? Buffer.from(text) : scratch.subarray(0, scratch.write(text))
}
