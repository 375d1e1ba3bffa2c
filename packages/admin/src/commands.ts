// How each write is said as a command: for pages, which show it beside their forms. A member that no command can say is left out of all
// of its commands, and command-line.ts names it. packages/cli runs every row through the real parser.
import type { OperationName } from './operations.ts'

/** The words of the command for one member; undefined if the command cannot say this value. Files are named, their content is not shown. */
export type Say = (value: unknown) => readonly string[] | undefined

export interface CommandRow {
  readonly words: string
  /** Members that the words stand for. */
  readonly when?: Readonly<Record<string, unknown>>
  /** By member of params, query or body, in the order of the command. The realm, the organization and the reason are options by themselves. */
  readonly says?: Readonly<Record<string, Say>>
}

const argument: Say = (value) => [String(value)]
const option =
  (name: string): Say =>
  (value) =>
    value === null ? undefined : [name, String(value)]
const flag =
  (name: string): Say =>
  (value) =>
    String(value) === 'true' ? [name] : []
const switched =
  (name: string): Say =>
  (value) => [name, value === true ? 'on' : 'off']
const joined =
  (name: string): Say =>
  (value) =>
    value === null ? undefined : [name, (value as readonly string[]).join(' ')]
const repeated =
  (name: string, none?: string): Say =>
  (value) => {
    const all = value as readonly string[]
    if (all.length === 0) return none === undefined ? undefined : [none]
    return all.flatMap((one) => [name, one])
  }
const pairs =
  (name: string): Say =>
  (value) => {
    const all = Object.entries(value as Readonly<Record<string, unknown>>)
    return all.some(([, one]) => one === null) ? undefined : all.flatMap(([member, one]) => [name, `${member}=${String(one)}`])
  }
const orNull =
  (name: string, word: string, say: Say = option(name)): Say =>
  (value) =>
    value === null ? [name, word] : say(value)
const duration =
  (name: string): Say =>
  (value) => [name, describeSeconds(Number(value))]
const file =
  (name: string): Say =>
  () => [name]
const fileOption =
  (name: string, path: string): Say =>
  (value) =>
    value === null ? undefined : [name, path]
/** In the largest unit that is exact: "7d". */
export function describeSeconds(seconds: number): string {
  for (const [unit, length] of [
    ['d', 86_400],
    ['h', 3600],
    ['m', 60],
  ] as const)
    if (seconds >= length && seconds % length === 0) return `${seconds / length}${unit}`
  return `${seconds}s`
}

const settingsOfClient = {
  name: option('--name'),
  scopes: joined('--scope'),
  defaultScopes: orNull('--default-scope', 'all', joined('--default-scope')),
  accessTokenLifetime: orNull('--access-token-lifetime', 'realm', duration('--access-token-lifetime')),
  signingAlgorithm: orNull('--signing-algorithm', 'realm'),
  authenticationMethods: repeated('--authentication-method'),
  serviceAccountEnabled: switched('--service-account'),
  claimSet: orNull('--claim-set', 'none'),
  subject: orNull('--subject', 'id'),
  headerType: orNull('--header-type', 'profile'),
}
const ofClient = { client: argument }
const ofOrganization = { organization: argument }
const ofAccessRequest = { accessRequest: argument, answer: option('--answer') }
const ofSigningKey = { key: argument }
const algorithm = option('--algorithm')

interface PartnerEntry {
  readonly id: string
  readonly name?: string
}
const namedPartners: Say = (value) => {
  const all = value as readonly PartnerEntry[]
  return all.some(({ name }) => name !== undefined) || all.length > 20 ? ['--file', 'partners.csv'] : all.map(({ id }) => id)
}
const partners: Say = (value) => {
  const all = value as readonly string[]
  return all.length > 20 ? ['--file', 'partners.csv'] : all
}

/** The first that says all is taken, otherwise the one that leaves out the least. */
export const commands: { readonly [Name in OperationName]?: readonly CommandRow[] } = {
  'organizations.create': [
    { words: 'organization create', says: { slug: option('--slug'), name: option('--name'), capabilities: pairs('--capability') } },
  ],
  'organizations.update': [
    { words: 'organization update', says: { ...ofOrganization, name: option('--name'), capabilities: pairs('--capability') } },
    { words: 'organization suspend', when: { status: 'suspended' }, says: ofOrganization },
    { words: 'organization resume', when: { status: 'active' }, says: ofOrganization },
  ],
  'organizations.suspend': [{ words: 'organization suspend', says: ofOrganization }],
  'organizations.resume': [{ words: 'organization resume', says: ofOrganization }],
  'organizations.delete': [{ words: 'organization delete', says: ofOrganization }],
  'organizations.cutTokens': [{ words: 'organization cut-tokens', says: ofOrganization }],
  'organizations.lowerCut': [{ words: 'organization lower-cut', says: ofOrganization }],
  'capabilities.set': [{ words: 'capability set', says: { capability: argument, value: argument } }],
  'capabilities.remove': [{ words: 'capability remove', says: { capability: argument } }],
  'partners.register': [{ words: 'partner register', says: { partner: argument, name: option('--name'), onlyNew: flag('--only-new') } }],
  'partners.delete': [{ words: 'partner delete', says: { partner: argument, force: flag('--force') } }],
  'partners.authorize': [{ words: 'partner authorize', says: { partner: argument, name: option('--name') } }],
  'partners.withdraw': [{ words: 'partner withdraw', says: { partner: argument } }],
  'partners.change': [
    { words: 'partner authorize', says: { authorize: namedPartners } },
    { words: 'partner withdraw', says: { withdraw: partners } },
  ],
  'dpa.publish': [
    {
      words: 'dpa publish',
      says: {
        version: argument,
        requiredFrom: option('--required-from'),
        description: option('--description'),
        text: fileOption('--text-file', 'agreement.md'),
      },
    },
  ],
  'dpa.accept': [{ words: 'dpa accept', says: { version: argument, acceptedBy: option('--accepted-by'), digest: option('--digest') } }],
  'accessRequests.create': [
    { words: 'access-request create', says: { kind: argument, what: argument, client: option('--client'), note: option('--note') } },
  ],
  'accessRequests.approve': [{ words: 'access-request approve', says: { ...ofAccessRequest, name: option('--name') } }],
  'accessRequests.decline': [{ words: 'access-request decline', says: ofAccessRequest }],
  'accessRequests.withdraw': [{ words: 'access-request withdraw', says: ofAccessRequest }],
  'accessRequests.makeClient': [{ words: 'access-request make-client', says: ofAccessRequest }],
  'invitations.create': [{ words: 'invitation create', says: { role: option('--role') } }],
  'invitations.withdraw': [{ words: 'invitation withdraw', says: { invitation: argument } }],
  'people.setRole': [{ words: 'person set-role', says: { person: argument, role: option('--role') } }],
  'people.remove': [{ words: 'person remove', says: { person: argument } }],
  'identityProviders.set': [
    {
      words: 'identity-provider set',
      says: {
        ...ofOrganization,
        name: option('--name'),
        issuer: option('--issuer'),
        clientId: option('--client-id'),
        clientSecret: fileOption('--secret-file', 'idp-secret.txt'),
        roles: (value) => (Object.keys(value as object).length === 0 ? ['--role', 'none'] : pairs('--role')(value)),
        everyone: orNull('--everyone', 'none'),
        claim: option('--claim'),
        scopes: joined('--scope'),
      },
    },
  ],
  'identityProviders.remove': [{ words: 'identity-provider remove', says: ofOrganization }],
  'requestors.create': [{ words: 'requestor create', says: { id: option('--id'), permissions: repeated('--permission') } }],
  'requestors.update': [{ words: 'requestor update', says: { requestor: argument, permissions: repeated('--permission', '--none') } }],
  'requestors.delete': [{ words: 'requestor delete', says: { requestor: argument } }],
  'claimSets.create': [
    {
      words: 'claim-set create',
      says: { name: argument, description: option('--description'), grant: fileOption('--grant-file', 'grant.json') },
    },
  ],
  'claimSets.update': [
    {
      words: 'claim-set update',
      says: { claimSet: argument, description: option('--description'), grant: fileOption('--grant-file', 'grant.json') },
    },
  ],
  'claimSets.delete': [{ words: 'claim-set delete', says: { claimSet: argument } }],
  'clients.create': [
    {
      words: 'client create',
      says: {
        organization: option('--organization'),
        clientId: option('--client-id'),
        ...settingsOfClient,
        operatorRealms: joined('--limit-to'),
        secretExpiresAt: (value) => (value === null ? [] : ['--secret-expires-at', String(value)]),
        key: fileOption('--key', 'public.pem'),
        jwksUri: option('--jwks-uri'),
        enabled: (value) => (value === true ? [] : undefined),
      },
    },
  ],
  'clients.update': [
    { words: 'client enable', when: { enabled: true }, says: ofClient },
    { words: 'client disable', when: { enabled: false }, says: ofClient },
    { words: 'client update', says: { ...ofClient, ...settingsOfClient } },
    {
      words: 'client grant',
      says: { ...ofClient, grant: (value) => (value === null ? ['--clear'] : ['--grant-file', 'grant.json']) },
    },
    {
      words: 'client operator',
      says: {
        ...ofClient,
        operatorScopes: (value) => ((value as readonly string[]).length === 0 ? ['--none'] : joined('--scope')(value)),
      },
    },
  ],
  'clients.lowerCut': [{ words: 'client lower-cut', says: ofClient }],
  'clients.delete': [{ words: 'client delete', says: ofClient }],
  'rotation.start': [
    {
      words: 'secret rotate',
      says: {
        ...ofClient,
        window: duration('--window'),
        secretExpiresAt: option('--secret-expires-at'),
        force: flag('--force'),
      },
    },
  ],
  'rotation.confirm': [{ words: 'secret confirm', says: { ...ofClient, force: flag('--force') } }],
  'rotation.cancel': [{ words: 'secret cancel', says: ofClient }],
  'rotation.extend': [{ words: 'secret extend', says: { ...ofClient, window: duration('--window') } }],
  'secrets.revoke': [
    {
      words: 'secret revoke',
      says: { ...ofClient, secret: argument, cutTokens: (value) => (value === false ? ['--keep-tokens'] : []) },
    },
  ],
  'keys.add': [{ words: 'client key add', says: { ...ofClient, key: file('public.pem'), keyId: option('--key-id'), algorithm } }],
  'keys.setUri': [{ words: 'client jwks-uri', says: { ...ofClient, url: argument, algorithm } }],
  'keys.remove': [
    { words: 'client key remove', says: { ...ofClient, key: argument, force: flag('--force'), cutTokens: flag('--cut-tokens') } },
  ],
  'sessions.end': [{ words: 'session end', says: { session: argument } }],
  'signingKeys.stage': [{ words: 'key stage', says: { algorithm } }],
  'signingKeys.import': [
    {
      words: 'key import',
      says: {
        key: file('key.pem'),
        keyId: option('--key-id'),
        algorithm,
        certificates: fileOption('--certificates', 'certificates.pem'),
        alreadyPublished: flag('--already-published'),
      },
    },
  ],
  'signingKeys.activate': [{ words: 'key activate', says: { ...ofSigningKey, emergency: flag('--emergency') } }],
  'signingKeys.retire': [{ words: 'key retire', says: ofSigningKey }],
  'signingKeys.compromise': [{ words: 'key compromise', says: ofSigningKey }],
  'pepper.retire': [{ words: 'pepper retire', says: { version: argument, force: flag('--force') } }],
  'keyEncryptionKey.rewrap': [{ words: 'key-encryption-key rewrap', says: {} }],
  'keyEncryptionKey.retire': [{ words: 'key-encryption-key retire', says: { version: argument } }],
}

/** Options of every command that has such a member. */
export const usualSays: Readonly<Record<string, Say>> = {
  realm: option('--realm'),
  organization: option('--organization'),
  reason: option('--reason'),
}
