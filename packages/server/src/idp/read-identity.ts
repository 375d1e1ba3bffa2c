// Who has signed in, by the claims of the identity provider (OpenID Connect Core §5.1). It is trusted to say who that is, and not with the
// size and the characters of what it says.
import { isVisibleText } from '@countersign/admin'
import { isNameOfProvider } from '../access-requests/access-request.ts'

export interface Identity {
  readonly issuer: string
  readonly subject: string
  readonly name: string
  readonly address: string | null
  /** All of them, whether or not they have a role. */
  readonly groups: readonly string[]
  /** The session at the identity provider, by which it can end ours. */
  readonly idpSession: string | undefined
  /** When the person last showed the identity provider who it is; undefined if that was not told. Milliseconds. */
  readonly provenAt: number | undefined
}

type Claims = Readonly<Record<string, unknown>>

/** OpenID Connect Core §2. */
const maxSubjectLength = 255
const maxNameLength = 200
const maxAddressLength = 254
const unnamed = 'unnamed person'
const maxGroups = 1000

/** Undefined without a subject that can be stored. @param claim with the groups */
export function readIdentity(issuer: string, claims: Claims, claim: string): Identity | undefined {
  const { sub, email, sid, auth_time: authTime } = claims
  if (typeof sub !== 'string' || sub.length > maxSubjectLength || !isVisibleText(sub)) return undefined
  return {
    issuer,
    subject: sub,
    name: [claims['name'], claims['preferred_username'], email, sub].map(readName).find((name) => name !== undefined) ?? unnamed,
    address: typeof email === 'string' && email.length <= maxAddressLength && isVisibleText(email) ? email : null,
    groups: readGroups(claims, claim) ?? [],
    idpSession: typeof sid === 'string' && sid.length <= maxSubjectLength && isVisibleText(sid) ? sid : undefined,
    provenAt: typeof authTime === 'number' && Number.isSafeInteger(authTime) && authTime >= 0 ? authTime * 1000 : undefined,
  }
}

/** Whether the claims say what this server asks of them; otherwise the userinfo endpoint may. */
export function hasGroups(claims: Claims, claim: string): boolean {
  return readGroups(claims, claim) !== undefined
}

function readName(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined
  const name = value.trim().slice(0, maxNameLength)
  return isVisibleText(name) && !isNameOfProvider(name) ? name : undefined
}

/** A list of texts, or one text. Undefined if there is no such claim. */
function readGroups(claims: Claims, claim: string): string[] | undefined {
  const value = find(claims, claim)
  if (value === undefined || value === null) return undefined
  const list: readonly unknown[] = Array.isArray(value) ? value : [value]
  // Each once: an identity provider that an organization chose could have one stored a thousand times.
  return [...new Set(list.slice(0, maxGroups).filter((group) => typeof group === 'string'))]
}

/** A claim may have a dot in its name, such as a URL; only one without that name is a path. */
function find(claims: Claims, claim: string): unknown {
  if (Object.hasOwn(claims, claim)) return claims[claim]
  let found: unknown = claims
  for (const member of claim.split('.')) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, member)) return undefined
    found = (found as Claims)[member]
  }
  return found
}
