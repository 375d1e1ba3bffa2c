// What an event of the audit log says, in a few words: one row for each kind. The compiler checks that a new kind has one.
import type { AuditKind, ChangeDetails, RequestDetails } from '@countersign/server'

type Detail<Kind extends AuditKind> = Kind extends keyof ChangeDetails
  ? ChangeDetails[Kind]
  : Kind extends keyof RequestDetails
    ? RequestDetails[Kind]
    : never

/** The organization, the client, the actor and the reason have columns of their own. */
const texts: { readonly [Kind in AuditKind]: (detail: Detail<Kind>) => string } = {
  'organizations.create': ({ name, capabilities }) => list(`"${name}"`, members(capabilities)),
  'organizations.update': ({ name, status, capabilities }) => list(name && `name "${name}"`, status, members(capabilities)),
  'organizations.suspend': ({ before }) => (before === 'suspended' ? 'was suspended before' : ''),
  'organizations.resume': ({ before }) => (before === 'active' ? 'was active before' : ''),
  'organizations.delete': ({ slug, name, clientsTotal }) =>
    list(slug, `"${name}"`, clientsTotal !== undefined && `${clientsTotal} clients`),
  'organizations.cutTokens': cutTokens,
  'organizations.lowerCut': lowerCut,
  'capabilities.set': ({ capability, value }) => `${capability}=${value}`,
  'capabilities.remove': ({ capability, removed }) => list(capability, removed !== undefined && `was ${removed}`),
  'partners.register': ({ partner, name }) => list(partner, `"${name}"`),
  'partners.delete': ({ partner, name, withdrawnFrom }) =>
    list(partner, `"${name}"`, `withdrawn from ${withdrawnFrom.length} organizations`),
  'partners.authorize': ({ partner }) => partner,
  'partners.withdraw': ({ partner }) => partner,
  'partners.change': ({ authorized, withdrawn }) => list(...signed('+', authorized), ...signed('-', withdrawn)),
  'requestors.create': ({ requestor, permissions }) => list(requestor, words(permissions)),
  'requestors.update': ({ requestor, permissions }) => list(requestor, words(permissions)),
  'requestors.delete': ({ requestor }) => requestor,
  'dpa.publish': ({ version, requiredFrom }) => list(`version ${version}`, `required from ${requiredFrom}`),
  'dpa.accept': ({ version, acceptedBy }) => list(`version ${version}`, `accepted by ${acceptedBy}`),
  'accessRequests.create': askedFor,
  'accessRequests.approve': askedFor,
  'accessRequests.decline': askedFor,
  'accessRequests.withdraw': askedFor,
  'accessRequests.makeClient': askedFor,
  'invitations.create': ({ invitation, role, outsideIdp }) =>
    list(`invitation ${invitation}`, role, outsideIdp && 'outside of the identity provider'),
  'invitations.withdraw': ({ invitation }) => `invitation ${invitation}`,
  'people.join': ({ person, name, role }) => list(`"${name}"`, role, person),
  'people.setRole': ({ person, name, before, role }) => list(`"${name}"`, `${before} to ${role}`, person),
  'people.remove': ({ person, name }) => list(`"${name}"`, person),
  'identityProviders.set': ({ name, issuer, idpClient, everyone, roles }) =>
    list(`"${name}"`, issuer, `client ${idpClient}`, members(roles), everyone && `everyone ${everyone}`),
  'identityProviders.remove': ({ name, issuer }) => list(`"${name}"`, issuer),
  'passkeys.add': ({ person, name }) => list(`"${name}"`, person),
  'passkeys.remove': ({ person, name }) => list(`"${name}"`, person),
  'clients.create': ({ scopes, ...set }) => list(`scopes ${words(scopes)}`, members(set)),
  'clients.update': ({ scopes, ...set }) => list(scopes && `scopes ${words(scopes)}`, members(set)),
  'clients.delete': ({ name }) => `"${name}"`,
  'clients.lowerCut': lowerCut,
  'claimSets.create': ({ claimSet }) => claimSet,
  'claimSets.update': ({ claimSet, clients }) => list(claimSet, `${clients} clients`),
  'claimSets.delete': ({ claimSet }) => claimSet,
  'rotation.start': ({ secretId, windowEndsAt }) =>
    list(secretId && `new secret ${secretId}`, windowEndsAt && `window ends ${windowEndsAt}`),
  'rotation.confirm': ({ endedSecretId, force }) => list(endedSecret(endedSecretId), force && 'forced'),
  'rotation.cancel': ({ endedSecretId }) => endedSecret(endedSecretId),
  'rotation.extend': ({ windowEndsAt }) => list(windowEndsAt && `window ends ${windowEndsAt}`),
  'rotation.prove': ({ secretId }) => `first use of secret ${secretId}`,
  'rotation.end': ({ endedSecretId }) => endedSecret(endedSecretId),
  'keys.add': ({ keys }) => list(...keys.map(({ keyId, algorithm }) => `${keyId} ${algorithm}`)),
  'keys.setUri': ({ jwksUri }) => jwksUri,
  'keys.remove': ({ keyId, jwksUri, force, cutTokens: cut }) => list(keyId ?? jwksUri, force && 'forced', cut && 'tokens cut'),
  'signingKeys.stage': signingKey,
  'signingKeys.import': signingKey,
  'signingKeys.activate': (key) => list(signingKey(key), key.replaces !== null && `replaces ${key.replaces}`, key.emergency && 'emergency'),
  'signingKeys.retire': (key) => list(signingKey(key), key.state),
  'signingKeys.compromise': (key) => list(signingKey(key), key.replacedBy !== null && `replaced by ${key.replacedBy}`),
  'secrets.revoke': ({ endedSecretId, cutTokens: cut }) => list(endedSecret(endedSecretId), cut && 'tokens cut'),
  'secrets.remind': ({ secretId, due }) => list(`secret ${secretId}`, due),
  'token.revocation': ({ tokenId }) => `token ${tokenId}`,
  'pepper.retire': ({ pepperVersion, endedSecrets, force }) =>
    list(`version ${pepperVersion}`, `${endedSecrets} secrets ended`, force && 'forced'),
  'keyEncryptionKey.rewrap': ({ keyEncryptionKeyVersion, rewrappedKeys }) =>
    list(`version ${keyEncryptionKeyVersion}`, `${rewrappedKeys} keys`),
  'keyEncryptionKey.retire': ({ keyEncryptionKeyVersion }) => `version ${keyEncryptionKeyVersion}`,
  'store.restored': ({ lastEventAt }) => list(lastEventAt !== null && `backup ends at ${instant(lastEventAt)}`),
  'audit.archive': ({ class: name, events, file }) => list(`${events} events`, name, file),
  'audit.remove': ({ class: name, events }) => list(`${events} events`, name, 'without an archive'),
  'audit.removeName': ({ rows, removedBy }) => list(`names in ${rows.length} events`, `by ${removedBy}`),
  'store.failover': ({ from, to, recordedBy }) => list(`${instant(from)} to ${instant(to)}`, `recorded by ${recordedBy}`),
  'token.request': ({ scope, keyId }) => list(scope, `signed by ${keyId}`),
  'token.introspection': () => '',
  'sessions.end': ({ sessionId, mount, name }) => list(`session ${sessionId}`, name, mount),
  'session.start': ({ sessionId, proof, issuer, subject }) =>
    list(`session ${sessionId}`, `by ${proofs[proof] ?? proof}`, issuer !== undefined && `${subject} of ${issuer}`),
  'session.confirm': ({ sessionId, proof }) =>
    list(`session ${sessionId}`, proof === 'secret' ? 'the secret was entered again' : `again by ${proofs[proof] ?? proof}`),
  'session.end': ({ sessionId }) => `session ${sessionId}`,
  request: ({ method, route }) => `${method} ${route ?? 'at an unknown path'}`,
  'spool.damaged': ({ file }) => file,
}

const proofs: Readonly<Record<string, string>> = {
  secret: 'the secret',
  link: 'a link',
  passkey: 'a passkey',
  idp: 'the identity provider',
}

export interface ToldEvent {
  readonly kind: string
  readonly outcome: 'success' | 'refused'
  /** An earlier version may have written fewer members. */
  readonly detail: Readonly<Record<string, unknown>>
}

export function whatHappened({ kind, outcome, detail }: ToldEvent): string {
  if (detail['summarized'] === true) return `${String(detail['count'])} of one minute`
  if (outcome === 'refused' && kind !== 'request') return '' // Nothing was done.
  const text = (texts as Readonly<Record<string, ((detail: never) => string) | undefined>>)[kind]
  try {
    return text?.(detail as never) ?? ''
  } catch {
    return '' // A member is missing, or has another form.
  }
}

type Part = string | false | undefined | null

function list(...parts: readonly Part[]): string {
  return parts.filter(Boolean).join(', ')
}

function words(values: readonly string[]): string {
  return values.length === 0 ? 'none' : values.join(' ')
}

function signed(sign: string, ids: readonly string[]): string[] {
  return ids.map((id) => sign + id)
}

const ofEveryChange: ReadonlySet<string> = new Set(['by', 'reason', 'repeats', 'accessRequest'])

/** The members that were set. */
function members(set: object | undefined): string {
  const shown = Object.entries(set ?? {}).filter(([name, value]) => value !== undefined && !ofEveryChange.has(name))
  return shown.map(([name, value]) => `${name}=${typeof value === 'object' ? JSON.stringify(value) : String(value)}`).join(', ')
}

function signingKey({ keyId, algorithm }: { readonly keyId: string; readonly algorithm: string }): string {
  return `${keyId} ${algorithm}`
}

function askedFor({ asked, what, client }: ChangeDetails['accessRequests.create']): string {
  return list(`${asked} ${what}`, client !== undefined && `of ${client}`)
}

function endedSecret(id: string): string {
  return `secret ${id} ended`
}

function cutTokens({ tokensNotBefore }: { readonly tokensNotBefore: number }): string {
  return `tokens before ${instant(tokensNotBefore * 1000)}`
}

function lowerCut({ before, tokensNotBefore }: { readonly before: number; readonly tokensNotBefore: number }): string {
  return `from ${instant(before * 1000)} to ${instant(tokensNotBefore * 1000)}`
}

function instant(at: number): string {
  return new Date(at).toISOString().replace('.000Z', 'Z')
}
