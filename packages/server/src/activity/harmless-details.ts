// Which changes an integrator reads about, and what of their details: nothing that names an operator, and no reason. A kind that is not here
// is not shown.
import type { ChangeDetails, ChangeKind } from '../audit/events/kinds.ts'

type Members = { readonly [Kind in ChangeKind]?: readonly (keyof ChangeDetails[Kind] & string)[] }

const harmless: Members = {
  'organizations.create': ['name'],
  'organizations.update': ['name', 'status', 'capabilities'],
  'organizations.suspend': [],
  'organizations.resume': [],
  'organizations.cutTokens': ['tokensNotBefore'],
  'organizations.lowerCut': ['tokensNotBefore'],
  'capabilities.set': ['capability', 'value'],
  'capabilities.remove': ['capability'],
  'partners.authorize': ['partner'],
  'partners.withdraw': ['partner'],
  'partners.change': ['authorized', 'withdrawn'],
  'requestors.create': ['requestor', 'permissions'],
  'requestors.update': ['requestor', 'permissions'],
  'requestors.delete': ['requestor'],
  'dpa.accept': ['version', 'textDigest'],
  'accessRequests.create': ['accessRequest', 'asked', 'what', 'client'],
  'accessRequests.approve': ['accessRequest', 'asked', 'what', 'client', 'answer'],
  'accessRequests.decline': ['accessRequest', 'asked', 'what', 'client', 'answer'],
  'accessRequests.withdraw': ['accessRequest', 'asked', 'what', 'client'],
  'accessRequests.makeClient': ['accessRequest', 'what', 'client'],
  'invitations.create': ['role', 'endsAt', 'outsideIdp'],
  'invitations.withdraw': ['role'],
  'people.join': ['name', 'role'],
  'people.setRole': ['name', 'before', 'role'],
  'people.remove': ['name', 'role'],
  'identityProviders.set': ['name', 'issuer'],
  'identityProviders.remove': ['name'],
  'passkeys.add': ['name'],
  'passkeys.remove': ['name'],
  'clients.create': ['scopes'],
  'clients.update': ['name', 'enabled', 'serviceAccountEnabled', 'scopes'],
  'clients.delete': ['name'],
  'clients.lowerCut': [],
  'rotation.start': ['windowEndsAt'],
  'rotation.confirm': [],
  'rotation.cancel': [],
  'rotation.extend': ['windowEndsAt'],
  'rotation.prove': [],
  'rotation.end': [],
  'keys.add': [],
  'keys.setUri': ['jwksUri'],
  'keys.remove': ['keyId'],
  'secrets.revoke': ['cutTokens'],
  'secrets.remind': ['due', 'dueAt'],
}

/** With the name of a person, which a session of a client is not told. */
export const ofPeople: ReadonlySet<string> = new Set<ChangeKind>([
  'people.join',
  'people.setRole',
  'people.remove',
  'passkeys.add',
  'passkeys.remove',
])

/** More of a list are told as their number: thousands of partners can be authorized at once. */
const maxOfList = 20

/** Undefined for a kind that is not shown. An event of another version may have other members. */
export function harmlessDetail(kind: string, detail: string): Record<string, unknown> | undefined {
  const members = Object.hasOwn(harmless, kind) ? harmless[kind as ChangeKind] : undefined
  if (!members) return undefined
  const all = parse(detail)
  const told: Record<string, unknown> = {}
  for (const member of members) {
    const value = Object.hasOwn(all, member) ? all[member] : undefined
    if (value === undefined) continue
    told[member] = Array.isArray(value) ? value.slice(0, maxOfList) : value
    if (Array.isArray(value) && value.length > maxOfList) told[`${member}Total`] = value.length
  }
  return told
}

/** A damaged event must not hide the others. */
function parse(detail: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(detail) as Record<string, unknown>
  } catch {
    return {}
  }
}
