// What an event of the audit log says as a sentence without its subject, for people: "allowed acme to act for Alder Retail". One row for
// each kind. The table of the terminal has columns instead (packages/cli/src/audit-what.ts).
import type { EventDetails } from './event-details.ts'
import {
  andTokens,
  askedFor,
  code,
  count,
  instant,
  named,
  partnerOf,
  quoted,
  several,
  withPermissions,
  type EventWord,
  type Sentence,
} from './event-phrases.ts'
export type { EventWord } from './event-phrases.ts'

export interface ToldEvent {
  readonly kind: string
  readonly outcome: 'success' | 'refused'
  readonly reason: string | null
  readonly realm: string | null
  readonly organizationId: string | null
  readonly organizationSlug?: string | null | undefined
  readonly clientId: string | null
  readonly actor?: { readonly via: string | null } | null
  /** An earlier version may have written fewer members. */
  readonly detail: Readonly<Record<string, unknown>>
}

interface About {
  readonly organization: EventWord
  readonly client: EventWord
  readonly realm: EventWord
  /** The pages of a session. */
  readonly pages: string
}

const sentences: { readonly [Kind in keyof EventDetails]: (detail: EventDetails[Kind], about: About) => Sentence } = {
  'organizations.create': ({ name }, { organization }) => ['created the organization ', organization, ', ', ...quoted(name)],
  'organizations.update': updatedOrganization,
  'organizations.suspend': ({ before }, { organization }) => [
    'suspended ',
    organization,
    before === 'suspended' ? ', which was suspended already' : '',
  ],
  'organizations.resume': ({ before }, { organization }) => [
    'resumed ',
    organization,
    before === 'active' ? ', which was active already' : '',
  ],
  'organizations.delete': ({ name, clientsTotal }) => [
    'deleted the organization ',
    ...quoted(name),
    clientsTotal === undefined ? '' : ` with ${count(clientsTotal, 'client')}`,
  ],
  'organizations.cutTokens': ({ tokensNotBefore }, { organization }) => [
    'made invalid all tokens of ',
    organization,
    ' from before ',
    instant(tokensNotBefore * 1000),
  ],
  'organizations.lowerCut': (_, { organization }) => ['made tokens of ', organization, ' valid again from now on'],
  'capabilities.set': ({ capability, value }, { organization }) => ['set ', code(capability), ' of ', organization, ' to ', code(value)],
  'capabilities.remove': ({ capability }, { organization }) => ['removed ', code(capability), ' from ', organization],
  'partners.register': ({ name, before }) =>
    typeof before === 'string'
      ? ['renamed the partner ', ...quoted(before), ' to ', ...quoted(name)]
      : ['registered the partner ', ...quoted(name)],
  'partners.delete': ({ name, withdrawnFrom }) => [
    'deleted the partner ',
    ...quoted(name),
    withdrawnFrom.length === 0 ? '' : `, which ${count(withdrawnFrom.length, 'organization')} could act for`,
  ],
  'partners.authorize': ({ partner }, { organization }) => ['allowed ', organization, ' to act for ', partnerOf(partner)],
  'partners.withdraw': ({ partner }, { organization }) => ['withdrew the partner ', partnerOf(partner), ' from ', organization],
  'partners.change': ({ authorized, withdrawn }, { organization }) => [
    ...(authorized.length === 0 ? [] : ['allowed ', organization, ' to act for ', ...several(authorized)]),
    authorized.length > 0 && withdrawn.length > 0 ? ' and ' : '',
    ...(withdrawn.length === 0 ? [] : ['withdrew ', ...several(withdrawn), ' from ', organization]),
  ],
  'requestors.create': ({ requestor, permissions }, { organization }) => [
    'registered the requestor ',
    code(requestor),
    ' for ',
    organization,
    ...withPermissions(permissions),
  ],
  'requestors.update': ({ requestor, permissions }, { organization }) => [
    'changed the permissions of the requestor ',
    code(requestor),
    ' of ',
    organization,
    ...withPermissions(permissions),
  ],
  'requestors.delete': ({ requestor }, { organization }) => ['deleted the requestor ', code(requestor), ' of ', organization],
  'dpa.publish': ({ version, requiredFrom }) => [
    'published version ',
    named(version),
    ' of the agreement, required from ',
    instant(requiredFrom),
  ],
  'dpa.accept': ({ version, acceptedBy }, { organization }) => [
    'recorded that ',
    organization,
    ' accepted version ',
    named(version),
    ' of the agreement, by ',
    named(acceptedBy),
  ],
  'accessRequests.create': (detail, { organization }) => ['asked on behalf of ', organization, ' for ', ...askedFor(detail)],
  'accessRequests.approve': (detail, { organization }) => ['approved the request of ', organization, ' for ', ...askedFor(detail)],
  'accessRequests.decline': (detail, { organization }) => ['declined the request of ', organization, ' for ', ...askedFor(detail)],
  'accessRequests.withdraw': (detail, { organization }) => ['withdrew the request of ', organization, ' for ', ...askedFor(detail)],
  'accessRequests.makeClient': ({ what }, { organization }) => [
    'created the client that ',
    organization,
    ' had asked for, ',
    ...quoted(what),
  ],
  'invitations.create': ({ role, outsideIdp }, { organization }) => [
    'invited a person to the portal of ',
    organization,
    ', as ',
    code(role),
    ...(outsideIdp ? [', outside of their identity provider'] : []),
  ],
  'invitations.withdraw': (_, { organization }) => ['withdrew an invitation to the portal of ', organization],
  'people.join': ({ name, role }, { organization }) => [
    'accepted the invitation to the portal of ',
    organization,
    ' as ',
    named(name),
    ', ',
    code(role),
  ],
  'people.setRole': ({ name, before, role }, { organization }) => [
    'changed the role of ',
    named(name),
    ' of ',
    organization,
    ' from ',
    code(before),
    ' to ',
    code(role),
  ],
  'people.remove': ({ name }, { organization }) => ['removed ', named(name), ' from ', organization],
  'identityProviders.set': ({ name, issuer }, { organization }) => [
    'set the identity provider of ',
    organization,
    ' to ',
    ...quoted(name),
    ' at ',
    code(issuer),
  ],
  'identityProviders.remove': ({ name }, { organization }) => ['removed the identity provider ', ...quoted(name), ' of ', organization],
  'passkeys.add': ({ name }) => ['added a passkey of ', named(name)],
  'passkeys.remove': ({ name }) => ['removed a passkey of ', named(name)],
  'clients.create': ({ scopes }, { client, organization }) => [
    'created the client ',
    client,
    ' of ',
    organization,
    ...(scopes.length === 0 ? [] : [' with ', code(scopes.join(' '))]),
  ],
  'clients.update': updatedClient,
  'clients.delete': ({ name }, { client }) => ['deleted the client ', client, ', ', ...quoted(name)],
  'clients.lowerCut': (_, { client }) => ['made tokens of ', client, ' valid again from now on'],
  'claimSets.create': ({ claimSet }) => ['created the claim set ', code(claimSet)],
  'claimSets.update': ({ claimSet, clients }) => ['changed the claim set ', code(claimSet), `, which ${count(clients, 'client')} may use`],
  'claimSets.delete': ({ claimSet }) => ['deleted the claim set ', code(claimSet)],
  'rotation.start': ({ windowEndsAt }, { client }) => [
    'began to replace the secret of ',
    client,
    ...(windowEndsAt === null || windowEndsAt === undefined ? [] : ['; the old one stays until ', instant(windowEndsAt)]),
  ],
  'rotation.confirm': ({ force }, { client }) => ['ended the old secret of ', client, force ? ' by force' : ''],
  'rotation.cancel': (_, { client }) => ['cancelled the rotation of ', client, '; the new secret has ended'],
  'rotation.extend': ({ windowEndsAt }, { client }) => [
    'gave the old secret of ',
    client,
    ' longer',
    ...(windowEndsAt === null ? [] : [', until ', instant(windowEndsAt)]),
  ],
  'rotation.prove': (_, { client }) => ['used the new secret of ', client, ' for the first time'],
  'rotation.end': (_, { client }) => ['ended the old secret of ', client, ': its window was over'],
  'keys.add': ({ keys }, { client }) => [
    `added ${count(keys.length, 'public key')} to `,
    client,
    ': ',
    code(keys.map(({ keyId }) => keyId).join(' ')),
  ],
  'keys.setUri': ({ jwksUri }, { client }) => ['set the address of the keys of ', client, ' to ', code(jwksUri)],
  'keys.remove': ({ keyId, jwksUri, cutTokens }, { client }) => [
    'removed the key ',
    code(keyId ?? jwksUri ?? ''),
    ' of ',
    client,
    andTokens(cutTokens),
  ],
  'signingKeys.stage': ({ keyId, algorithm }, { realm }) => [`made the next ${algorithm} key `, code(keyId), ' of ', realm],
  'signingKeys.import': ({ keyId, algorithm }, { realm }) => [`imported the ${algorithm} key `, code(keyId), ' into ', realm],
  'signingKeys.activate': ({ keyId, replaces }, { realm }) => [
    'let the key ',
    code(keyId),
    ' sign for ',
    realm,
    ...(replaces === null ? [] : [' in place of ', code(replaces)]),
  ],
  'signingKeys.retire': ({ keyId, state }, { realm }) => [
    state === 'retired' ? 'removed the key ' : 'retired the key ',
    code(keyId),
    ' of ',
    realm,
  ],
  'signingKeys.compromise': ({ keyId, replacedBy }, { realm }) => [
    'declared the key ',
    code(keyId),
    ' of ',
    realm,
    ' compromised',
    ...(replacedBy === null ? [] : ['; ', code(replacedBy), ' signs now']),
  ],
  'secrets.revoke': ({ cutTokens }, { client }) => ['revoked a secret of ', client, andTokens(cutTokens)],
  'secrets.remind': ({ due }, { client }) => ['reminded that the secret of ', client, ' is due: ', code(due)],
  'token.request': ({ scope }) => ['got a token', ...(scope === '' ? [] : [' for ', code(scope)])],
  'token.introspection': () => ['asked about a token'],
  'token.revocation': ({ tokensNotBefore }, { client }) => [
    tokensNotBefore === undefined ? 'revoked a token of ' : 'revoked all tokens of ',
    client,
  ],
  'sessions.end': ({ mount, name }, { client }) => ['ended a session of ', name === undefined ? client : named(name), ` in the ${mount}`],
  'session.start': ({ proof }, { pages }) => [`signed in to the ${pages}`, proofs[proof] ?? ''],
  'session.confirm': ({ proof }, { pages }) => [
    proof === undefined || proof === 'secret' ? `entered the secret again in the ${pages}` : `confirmed the sign-in to the ${pages}`,
  ],
  'session.end': (_, { pages }) => [`signed out of the ${pages}`],
  request: ({ method, route }) => ['sent ', code(`${method} ${route ?? 'at an unknown path'}`)],
  'pepper.retire': ({ pepperVersion, endedSecrets }) => [
    `retired version ${pepperVersion} of the secret pepper`,
    endedSecrets === 0 ? '' : `; ${count(endedSecrets, 'secret')} ended`,
  ],
  'keyEncryptionKey.rewrap': ({ keyEncryptionKeyVersion, rewrappedKeys }) => [
    `encrypted ${count(rewrappedKeys, 'private key')} under version ${keyEncryptionKeyVersion}`,
  ],
  'keyEncryptionKey.retire': ({ keyEncryptionKeyVersion }) => [`retired version ${keyEncryptionKeyVersion} of the key encryption key`],
  'store.restored': ({ lastEventAt }) => [
    'restored the store from a backup',
    ...(lastEventAt === null ? [] : [' that ends at ', instant(lastEventAt)]),
  ],
  'store.failover': ({ from, to }) => ['recorded that the store lost changes between ', instant(from), ' and ', instant(to)],
  'audit.archive': ({ class: name, events, file }) => [`moved ${count(events, 'event')} of the class `, code(name), ' to ', code(file)],
  'audit.remove': ({ class: name, events }) => [`removed ${count(events, 'event')} of the class `, code(name), ' without an archive'],
  'audit.removeName': ({ rows }) => [`removed a name of a person from ${count(rows.length, 'event')}`],
  'spool.damaged': ({ file }) => ['found lines in the spool that cannot be read; they are kept in ', code(file)],
}

/** Other ways to sign in than a secret. */
const proofs: Readonly<Record<string, string>> = { link: ' by a link', passkey: ' by a passkey', idp: ' at the identity provider' }

/** The kinds of events that have a sentence. */
export const eventKinds = Object.keys(sentences)

/** The sentence without its subject. Of an event of a newer version, or one with members that are missing, only its kind. */
export function describeEvent(event: ToldEvent): Sentence {
  const { kind, outcome, detail } = event
  if (detail['summarized'] === true) return refusedOften(event)
  const say = (sentences as Readonly<Record<string, ((detail: never, about: About) => Sentence) | undefined>>)[kind]
  try {
    if (outcome === 'refused') return refused(event)
    const said = Object.hasOwn(sentences, kind) ? say?.(detail as never, aboutOf(event)) : undefined
    return said?.filter((word) => word !== '') ?? [code(kind)]
  } catch {
    return [code(kind)] // A member is missing, or has another form.
  }
}

/** The same as plain text. */
export function describeEventAsText(event: ToldEvent): string {
  return describeEvent(event)
    .map((word) => (typeof word === 'string' ? word : word.text))
    .join('')
}

/** What was asked for, of what the server refused. */
const asked: Readonly<Record<string, string>> = {
  'token.request': 'was refused a token',
  'token.introspection': 'was refused to ask about a token',
  'token.revocation': 'was refused to revoke a token',
  'rotation.start': 'was refused to replace its secret',
  'rotation.confirm': 'was refused to end its old secret',
  'rotation.cancel': 'was refused to cancel its rotation',
  'session.start': 'was refused to sign in',
  'session.confirm': 'was refused to confirm its sign-in',
}

function refused({ kind, reason, detail }: ToldEvent): Sentence {
  const { method, route } = detail as { readonly method?: unknown; readonly route?: unknown }
  const what = typeof method === 'string' ? ['was refused ', code(`${method} ${String(route ?? 'at an unknown path')}`)] : undefined
  return [...(what ?? [asked[kind] ?? 'was refused']), ...because(reason)]
}

function refusedOften({ kind, reason, detail }: ToldEvent): Sentence {
  return [asked[kind] ?? 'was refused', `, ${count(Number(detail['count']), 'time')} within a minute`, ...because(reason)]
}

function because(reason: string | null): Sentence {
  return reason === null ? [] : [': ', reason.replace(/^http-/, 'answer ').replaceAll('-', ' ')]
}

function aboutOf({ organizationId, organizationSlug, clientId, realm, actor }: ToldEvent): About {
  const organization = organizationSlug ?? organizationId
  return {
    organization: organization === null ? 'an organization' : { what: 'organization', text: organization },
    client: clientId === null ? 'a client' : { what: 'client', text: clientId },
    realm: realm === null ? 'a realm' : code(realm),
    pages: actor?.via === 'portal' ? 'portal' : 'console',
  }
}

function updatedOrganization({ name, status, capabilities = {} }: EventDetails['organizations.update'], { organization }: About): Sentence {
  const changes: Sentence[] = []
  if (name !== undefined) changes.push(['named it ', ...quoted(name)])
  if (status !== undefined) changes.push([status === 'suspended' ? 'suspended it' : 'resumed it'])
  for (const [capability, value] of Object.entries(capabilities))
    changes.push(value === null ? ['removed ', code(capability)] : ['set ', code(capability), ' to ', code(value)])
  return ['changed ', organization, ...listed(changes)]
}

function updatedClient(detail: EventDetails['clients.update'], { client }: About): Sentence {
  const { name, enabled, serviceAccountEnabled, scopes, ...others } = detail
  const changes: Sentence[] = []
  if (enabled !== undefined) changes.push([enabled ? 'enabled it' : 'disabled it'])
  if (serviceAccountEnabled !== undefined) changes.push([`turned its service account ${serviceAccountEnabled ? 'on' : 'off'}`])
  if (name !== undefined) changes.push(['named it ', ...quoted(name)])
  if (scopes !== undefined) changes.push(scopes.length === 0 ? ['took all scopes away'] : ['set its scopes to ', code(scopes.join(' '))])
  const rest = Object.entries(others).filter(([member, value]) => value !== undefined && !ofEveryChange.has(member))
  for (const [member] of rest) changes.push(['set ', code(member)])
  const [only] = changes
  if (changes.length === 1 && enabled !== undefined && only) return [enabled ? 'enabled ' : 'disabled ', client]
  return ['changed ', client, ...listed(changes)]
}

const ofEveryChange: ReadonlySet<string> = new Set(['by', 'reason', 'repeats', 'accessRequest'])

function listed(changes: readonly Sentence[]): Sentence {
  return changes.flatMap((change, index) => [index === 0 ? ': ' : ', ', ...change])
}
