// Every kind of audit event with the members of its detail. The code that writes an event and the code that reads it later (search,
// export, restore) share these types, so each member has one name. Logs are kept for years: kinds and members are only added, never
// renamed.
import type { CapabilityValue, CredentialKind, Grant, ProblemCode } from '@countersign/protocol'

type Status = 'active' | 'suspended'
type PortalRole = 'viewer' | 'developer' | 'admin'

interface StatusChange {
  readonly before: Status
  readonly status: Status
  readonly reason?: string | undefined
}

/** Kinds of changes. Each change commits in one transaction with its event, whose `by` names the actor. */
export interface ChangeDetails {
  'organizations.create': {
    readonly slug: string
    readonly name: string
    readonly capabilities: Readonly<Record<string, CapabilityValue>>
  }
  /** The changed members. */
  'organizations.update': {
    readonly name?: string | undefined
    readonly status?: Status | undefined
    /** Null for a removed one. */
    readonly capabilities?: Readonly<Record<string, CapabilityValue | null>> | undefined
  }
  'organizations.suspend': StatusChange
  'organizations.resume': StatusChange
  'organizations.delete': {
    readonly slug: string
    readonly name: string
    /** Absent in events of version 0.1.0. */
    readonly clientsTotal?: number
    /** All of them; absent if there were too many. */
    readonly clients?: readonly string[]
  }
  'organizations.cutTokens': { readonly reason: string; readonly tokensNotBefore: number }
  'organizations.lowerCut': LoweredCut
  'capabilities.set': { readonly capability: string; readonly value: CapabilityValue }
  'capabilities.remove': { readonly capability: string; readonly removed: CapabilityValue | undefined }
  'sessions.end': {
    readonly sessionId: string
    readonly mount: 'console' | 'portal'
    /** Whose session it was, if it was one of a person. */
    readonly person?: string
    readonly name?: string
  }
  'partners.register': { readonly partner: string; readonly name: string; readonly before: string | null }
  /** `withdrawnFrom`: ids of organizations. */
  'partners.delete': { readonly partner: string; readonly name: string; readonly withdrawnFrom: readonly string[] }
  'partners.authorize': { readonly partner: string }
  'partners.withdraw': { readonly partner: string }
  'partners.change': { readonly authorized: readonly string[]; readonly withdrawn: readonly string[] }
  'requestors.create': { readonly requestor: string; readonly permissions: readonly string[] }
  'requestors.update': { readonly requestor: string; readonly permissions: readonly string[] }
  'requestors.delete': { readonly requestor: string }
  /** `textDigest`: SHA-256 of the text, if the version has one. */
  'dpa.publish': { readonly version: string; readonly requiredFrom: string; readonly description: string; readonly textDigest?: string }
  /** `textDigest`: of the text that was accepted, if it was named. */
  'dpa.accept': { readonly version: string; readonly acceptedBy: string; readonly textDigest?: string }
  'accessRequests.create': AskedFor
  /** What was asked for has an event of its own, which names the request. */
  'accessRequests.approve': AskedFor & { readonly answer?: string }
  'accessRequests.decline': AskedFor & { readonly answer: string }
  'accessRequests.withdraw': AskedFor
  /** Followed by "clients.create". */
  'accessRequests.makeClient': AskedFor
  /** `outsideIdp`: by a person who signs in at the identity provider of the organization; the one who is invited does not. */
  'invitations.create': { readonly invitation: string; readonly role: PortalRole; readonly endsAt: string; readonly outsideIdp?: true }
  'invitations.withdraw': { readonly invitation: string; readonly role: PortalRole }
  /** An invitation was accepted. `passkey`: the id of its credential. */
  'people.join': {
    readonly person: string
    readonly name: string
    readonly address: string
    readonly role: PortalRole
    readonly invitation: string
    readonly passkey: string
  }
  'people.setRole': { readonly person: string; readonly name: string; readonly before: PortalRole; readonly role: PortalRole }
  /** `role` is null for an operator. */
  'people.remove': { readonly person: string; readonly name: string; readonly role: PortalRole | null }
  /** Of an organization; never its secret. `idpClient` is the client that it has for the portal. */
  'identityProviders.set': IdpEvent & {
    readonly claim: string
    /** By group. */
    readonly roles: Readonly<Record<string, PortalRole>>
    readonly everyone: PortalRole | null
    readonly newSecret: boolean
    /** If another issuer or client was replaced. */
    readonly before?: { readonly issuer: string; readonly idpClient: string }
  }
  'identityProviders.remove': IdpEvent
  'passkeys.add': PasskeyEvent
  'passkeys.remove': PasskeyEvent
  'clients.create': { readonly scopes: readonly string[] } & TokenMembers & OperatorSettings
  /** The changed members. */
  'clients.update': OperatorSettings & {
    readonly name?: string | undefined
    readonly enabled?: boolean | undefined
    readonly serviceAccountEnabled?: boolean | undefined
    readonly scopes?: readonly string[] | undefined
    readonly authenticationMethods?: readonly string[] | undefined
    readonly accessTokenLifetime?: number | null | undefined
  } & TokenMembers
  'clients.delete': { readonly name: string }
  'claimSets.create': { readonly claimSet: string; readonly grant: GrantSummary }
  'claimSets.update': { readonly claimSet: string; readonly grant?: GrantSummary; readonly before?: GrantSummary; readonly clients: number }
  'claimSets.delete': { readonly claimSet: string; readonly before: GrantSummary }
  'clients.lowerCut': LoweredCut
  'rotation.start': {
    readonly secretId: string | undefined
    readonly oldSecretId: string | undefined
    readonly windowEndsAt: string | null
    readonly endedSecretId: string | undefined
    /** Absent in events of version 0.1.0. */
    readonly startedBy?: 'client' | 'operator'
  }
  'rotation.confirm': EndedSecret & {
    readonly secretId: string | undefined
    readonly force: boolean
    readonly reason: string | undefined
    readonly lastUsedAt: number | null
  }
  'rotation.cancel': EndedSecret & { readonly secretId: string }
  'rotation.extend': { readonly oldSecretId: string; readonly windowEndsAt: string | null }
  /** The first use of the new secret. */
  'rotation.prove': { readonly secretId: string }
  /** The window of a rotation ended by time. */
  'rotation.end': EndedSecret & { readonly secretId: string; readonly lastUsedAt: number | null }
  'keys.add': {
    readonly keys: readonly {
      readonly publicKeyId: string
      readonly keyId: string
      readonly algorithm: string
      readonly expiresAt: number | null
    }[]
    /** With the first key. */
    readonly addedMethod?: string
  }
  'keys.setUri': {
    readonly publicKeyId: string
    readonly jwksUri: string
    readonly before: string | null
    readonly replacedKeyId?: string
    readonly addedMethod?: string
  }
  'keys.remove': {
    readonly publicKeyId: string
    readonly keyId: string | null
    readonly jwksUri?: string
    readonly lastUsedAt: number | null
    readonly force: boolean
    readonly reason: string | undefined
    readonly cutTokens: boolean
  }
  'signingKeys.stage': SigningKeyEvent
  'signingKeys.import': SigningKeyEvent & {
    /** Whether verifiers knew the key already. */
    readonly alreadyPublished: boolean
    readonly thumbprint: string
    readonly certificates: number
  }
  /** `replaces` became retiring; null for the first key of an algorithm, and after a compromise. */
  'signingKeys.activate': SigningKeyEvent & { readonly replaces: string | null; readonly emergency: boolean; readonly reason?: string }
  /** To `retiring` or `retired`. */
  'signingKeys.retire': SigningKeyEvent & { readonly state: 'retiring' | 'retired'; readonly retainUntil: number | null }
  /** `replacedBy` signs from now on; null if the key did not sign, or if no other may sign yet. */
  'signingKeys.compromise': SigningKeyEvent & {
    readonly before: string
    readonly replacedBy: string | null
    readonly reason?: string | undefined
  }
  'secrets.revoke': EndedSecret & { readonly reason: string; readonly cutTokens: boolean }
  'secrets.remind': { readonly secretId: string; readonly due: string; readonly dueAt: string }
  /** `issuedAt` and `tokensNotBefore`, in seconds since the epoch, if all tokens of the client were cut. */
  'token.revocation': { readonly tokenId: string; readonly issuedAt?: number; readonly tokensNotBefore?: number }
  /** `endedSecrets`: their number; each has an event "secrets.revoke" of its own. */
  'pepper.retire': {
    readonly pepperVersion: number
    /** False while secrets are left that the next call ends. */
    readonly retired: boolean
    readonly endedSecrets: number
    readonly force: boolean
    readonly reason: string | undefined
  }
  'keyEncryptionKey.rewrap': {
    readonly keyEncryptionKeyVersion: number
    readonly rewrappedKeys: number
    /** The ids of keys that could not be decrypted. */
    readonly unreadableKeys: readonly string[]
  }
  'keyEncryptionKey.retire': { readonly keyEncryptionKeyVersion: number }
  'store.restored': {
    readonly tokensNotBefore: number
    readonly organizations: number
    readonly lastEventAt: number | null
    readonly newerAnchors: readonly { readonly node: string; readonly number: number; readonly lastEvent: number }[]
  }
  /** Rows of the audit log that a standby lacked when it became the primary. Instants in milliseconds since the epoch. */
  'store.failover': {
    readonly from: number
    readonly to: number
    readonly reason: string
    /** The user and machine that recorded it. */
    readonly recordedBy: string
    readonly nodes: readonly LostOfNode[]
  }
  /** Events that were written to an archive, and then removed from the store. */
  'audit.archive': RemovedPiece & { readonly file: string; readonly sha256: string; readonly bytes: number }
  /** Events that were removed without an archive. */
  'audit.remove': RemovedPiece
  /** Texts of events that were replaced because they named a person. It never contains the name, nor anything made from it. */
  'audit.removeName': {
    readonly rows: readonly RemovedRow[]
    /** The number of acceptances of the Data Processing Agreement from which it was removed as well. */
    readonly acceptances?: number
    /** The archive that these events are in, as it was written again. */
    readonly archive?: { readonly piece: string; readonly file: string; readonly bytes: number; readonly sha256: string }
    /** The user and machine that did it. */
    readonly removedBy: string
    readonly reason?: string | undefined
  }
}

interface IdpEvent {
  readonly name: string
  readonly issuer: string
  readonly idpClient: string
}

/** `name` is that of the person; a passkey is named by the id of its credential. */
interface PasskeyEvent {
  readonly person: string
  readonly name: string
  readonly passkey: string
}

interface RemovedPiece {
  /** The id of its record (audit/retention/pieces.ts). */
  readonly piece: string
  readonly class: string
  /** The ids of its first and its last event. */
  readonly firstId: string
  readonly lastId: string
  readonly events: number
}

/** An access request. */
interface AskedFor {
  /** Its id. */
  readonly accessRequest: string
  readonly asked: 'partner' | 'capability' | 'scope' | 'client'
  /** Id of the partner, name of the capability or the scope, display name of the client. */
  readonly what: string
  /** That the scope is for, or that was created. */
  readonly client?: string
}

/** About a signing key of the realm; never its material. */
interface SigningKeyEvent {
  readonly keyId: string
  readonly algorithm: string
}

/** The authority of a client over the admin API, as far as it was set. */
interface OperatorSettings {
  readonly operatorRealms?: readonly string[] | null | undefined
  readonly operatorScopes?: readonly string[] | undefined
}

/** A grant without the values of its claims, which may be about persons. */
export interface GrantSummary {
  readonly audiences: readonly string[]
  readonly roles: Grant['roles']
  readonly claims: readonly string[]
}

/** What the tokens of a client say, as far as it was set. */
export interface TokenMembers {
  readonly subject?: string | null | undefined
  readonly defaultScopes?: readonly string[] | null | undefined
  readonly claimSet?: string | null | undefined
  readonly grant?: GrantSummary | null | undefined
  readonly scopeGrants?: Readonly<Record<string, { readonly grant?: GrantSummary; readonly shown?: boolean }>> | undefined
  readonly headerType?: string | null | undefined
  readonly signingAlgorithm?: string | null | undefined
}

/** The first and the last number. */
export type NumberRange = readonly [first: number, last: number]

export interface RemovedRow {
  /** Its id. */
  readonly event: string
  readonly members: readonly string[]
  /** The number of removals in this event so far: the last one counts. */
  readonly times: number
  /** MAC of the event as it is since. */
  readonly mac: string
}

export interface LostOfNode {
  readonly node: string
  readonly events: readonly NumberRange[]
  readonly seals: readonly LostSeals[]
}

export interface LostSeals {
  readonly numbers: NumberRange
  /** The seal after these, as it was when the loss was recorded: its own MAC covers a lost seal. Null if there was none. */
  readonly next: { readonly sealedAt: number; readonly lastEvent: number; readonly skipped: string; readonly mac: string } | null
}

/** Seconds since the epoch. */
interface LoweredCut {
  readonly reason: string
  readonly before: number
  readonly tokensNotBefore: number
}

interface EndedSecret {
  readonly endedSecretId: string
}

/** Members that the event of every change has in addition. */
export interface MadeBy {
  readonly by: { readonly realm: string; readonly client: string } | { readonly realm: string; readonly person: string }
  /** Free text of the actor. Kinds that require it, or always name it, have it among their own members, too. */
  readonly reason?: string | undefined
  /** The id of the event that was repeated after a restore. */
  readonly repeats?: string
  /** The id of the access request that was approved by it. */
  readonly accessRequest?: string
}

/** The member that names a credential of this kind. */
export const credentialMembers = { client_secret: 'secretId', public_key: 'publicKeyId' } as const satisfies Record<CredentialKind, string>

/** Kinds of requests by clients, and of denials. */
export interface RequestDetails {
  /** With the credential that the client authenticated with. */
  'token.request': { readonly [Member in (typeof credentialMembers)[CredentialKind]]?: string } & {
    /** The "kid" of the key that signed the assertion of the client. */
    readonly clientKeyId?: string
    readonly tokenId: string
    readonly scope: string
    readonly keyId: string
    readonly expiresAt: number
    /** The method of the credentials that did not count, if the client authenticated in two ways at once. */
    readonly ignoredMethod?: string | undefined
  }
  'token.introspection': never
  'token.revocation': never
  /** A denial to a client that changes its own secret. */
  'rotation.start': never
  'rotation.cancel': never
  'rotation.confirm': never
  /** A sign-in to the console, and what happens to its session. A denial has no session. */
  'session.start': SessionEvent
  /** The secret was entered again, or the person proved again who it is. */
  'session.confirm': SessionEvent
  /** By who had signed in; with `idp` as the proof, by the identity provider, at which the person has signed out. */
  'session.end': Pick<SessionEvent, 'sessionId'> & { readonly proof?: 'idp' }
  /** A denial at any other endpoint. `route` is a pattern. The code is absent in events of earlier versions. */
  request: { readonly method: string; readonly route: string | null; readonly code?: ProblemCode | undefined }
  /**
   * Not a request, but an event of the server itself: a spool of this node contained unreadable lines. `file` is the one that is kept,
   * `position` the first of these bytes.
   */
  'spool.damaged': { readonly node: string; readonly file: string; readonly position: number }
}

interface SessionEvent {
  /** Names the session; it is not what the cookie has. */
  readonly sessionId: string
  /** Of a client: the secret that was entered; of a link that signs in once, the one that the session depends on. */
  readonly secretId?: string | undefined
  readonly proof: 'secret' | 'link' | 'passkey' | 'idp'
  /** Who the identity provider says that the person is. */
  readonly issuer?: string | undefined
  readonly subject?: string | undefined
}

/** A denial at an endpoint of a client. Events of earlier versions have no detail. */
export interface RefusedRequest {
  readonly code: ProblemCode
  /** Of a sign-in: where, unless at the console. */
  readonly at?: 'portal'
}

/** One event for many denials of a minute. */
export interface RefusalCount {
  readonly count: number
  readonly summarized: true
}

export type ChangeKind = keyof ChangeDetails
export type RequestKind = keyof RequestDetails
export type AuditKind = ChangeKind | RequestKind

const known: Readonly<Record<AuditKind, true>> = {
  'organizations.create': true,
  'organizations.update': true,
  'organizations.suspend': true,
  'organizations.resume': true,
  'organizations.delete': true,
  'organizations.cutTokens': true,
  'organizations.lowerCut': true,
  'capabilities.set': true,
  'capabilities.remove': true,
  'sessions.end': true,
  'partners.register': true,
  'partners.delete': true,
  'partners.authorize': true,
  'partners.withdraw': true,
  'partners.change': true,
  'requestors.create': true,
  'requestors.update': true,
  'requestors.delete': true,
  'dpa.publish': true,
  'dpa.accept': true,
  'accessRequests.create': true,
  'accessRequests.approve': true,
  'accessRequests.decline': true,
  'accessRequests.withdraw': true,
  'accessRequests.makeClient': true,
  'invitations.create': true,
  'invitations.withdraw': true,
  'people.join': true,
  'people.setRole': true,
  'people.remove': true,
  'identityProviders.set': true,
  'identityProviders.remove': true,
  'passkeys.add': true,
  'passkeys.remove': true,
  'clients.create': true,
  'clients.update': true,
  'clients.delete': true,
  'clients.lowerCut': true,
  'claimSets.create': true,
  'claimSets.update': true,
  'claimSets.delete': true,
  'rotation.start': true,
  'rotation.confirm': true,
  'rotation.cancel': true,
  'rotation.extend': true,
  'rotation.prove': true,
  'rotation.end': true,
  'keys.add': true,
  'keys.setUri': true,
  'keys.remove': true,
  'signingKeys.stage': true,
  'signingKeys.import': true,
  'signingKeys.activate': true,
  'signingKeys.retire': true,
  'signingKeys.compromise': true,
  'secrets.revoke': true,
  'secrets.remind': true,
  'token.request': true,
  'token.introspection': true,
  'token.revocation': true,
  'session.start': true,
  'session.confirm': true,
  'session.end': true,
  request: true,
  'spool.damaged': true,
  'pepper.retire': true,
  'keyEncryptionKey.rewrap': true,
  'keyEncryptionKey.retire': true,
  'store.restored': true,
  'store.failover': true,
  'audit.archive': true,
  'audit.remove': true,
  'audit.removeName': true,
}

const ofRequests: Readonly<Record<RequestKind, true>> = {
  'token.request': true,
  'token.introspection': true,
  'token.revocation': true,
  'rotation.start': true,
  'rotation.cancel': true,
  'rotation.confirm': true,
  'session.start': true,
  'session.confirm': true,
  'session.end': true,
  request: true,
  'spool.damaged': true,
}

export const auditKinds = Object.keys(known) as readonly AuditKind[]

export function isAuditKind(kind: string): kind is AuditKind {
  return Object.hasOwn(known, kind)
}

/** Whether all events of a kind are changes: some kinds are also those of denials. */
export function isOnlyAChange(kind: AuditKind): kind is Exclude<ChangeKind, RequestKind> {
  return !Object.hasOwn(ofRequests, kind)
}
