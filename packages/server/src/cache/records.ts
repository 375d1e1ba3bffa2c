// What the store holds about organizations, clients and their secrets, as the server works with it. Instants are milliseconds since the
// epoch unless a comment states another unit.
import type { CapabilityValue, CredentialKind, Grant, ListOrTotal, Partner, Requestor, SigningAlgorithmName } from '@countersign/protocol'
import type { Damage } from '../store/damage.ts'
import type { OperatorRights } from './operator-rights.ts'

export interface SecretRecord {
  readonly id: string
  readonly digest: Uint8Array
  readonly pepperVersion: number
  readonly lastFour: string
  readonly createdAt: number
  readonly expiresAt: number | null
  /** For an old secret: the expiry that it had before the rotation; null if it had none. */
  readonly expiresAtBeforeRotation: number | null
  /** The actor that started the rotation in which the secret was made. */
  readonly startedBy: 'client' | 'operator'
  readonly firstUsedAt: number | null
  readonly lastUsedAt: number | null
  readonly remindedAt: number | null
  /** When the last token issued by this secret expires; null before the first one. */
  readonly tokensEndAt: number | null
}

/** A credential of another kind than a secret. */
export interface CredentialRecord {
  readonly id: string
  readonly kind: CredentialKind
  readonly material: Uint8Array
  readonly expiresAt: number | null
}

/** The grants of a client, not merged. */
export interface ClientGrants {
  /** The name of its claim set. */
  readonly claimSet: string | null
  readonly own: Grant | null
  readonly ofScopes: ReadonlyMap<string, ScopeGrant>
}

/** What a scope of a client adds to its tokens. */
export interface ScopeGrant {
  readonly grant?: Grant | undefined
  /** False if the scope acts without being in `scope`; absent for what the realm says of the scope. */
  readonly shown?: boolean | undefined
}

export interface ClientRecord {
  /** The internal id; also the subject of its tokens in profiles with a separate subject, unless `subject` says otherwise. */
  readonly id: string
  readonly realm: string
  readonly clientId: string
  /** Shared by the clients of an organization that were read together. */
  readonly organization: OrganizationSummaryRecord
  readonly name: string
  readonly enabled: boolean
  readonly serviceAccountEnabled: boolean
  readonly scopes: readonly string[]
  readonly authenticationMethods: readonly string[]
  /** The `sub` of its tokens; null for the usual one of the realm. */
  readonly subject: string | null
  /** The scopes of a token if none are requested; null for all. */
  readonly defaultScopes: readonly string[] | null
  /** What its tokens say beside the claims of the profile; absent without any. Equal ones of several clients are one object. */
  readonly grants?: ClientGrants
  /** The `typ` in the header of its tokens; null for that of the profile. */
  readonly headerType: 'at+jwt' | null
  /** Seconds; null for the lifetime of the realm. */
  readonly accessTokenLifetime: number | null
  /** Null for the realm's own. */
  readonly signingAlgorithm: SigningAlgorithmName | null
  /** Seconds since the epoch. */
  readonly tokensNotBefore: number
  readonly version: number
  readonly createdAt: number
  readonly updatedAt: number
  /** At most two, newest first. */
  readonly secrets: readonly SecretRecord[]
  /** Of the other kinds, newest first; absent without any. */
  readonly otherCredentials?: readonly CredentialRecord[]
  /** Its authority over the admin API; absent for an unlimited operator, and for a client that is no operator. */
  readonly operatorRights?: OperatorRights
  /** The damage of its row, if any; the client gets no tokens until the row is repaired. */
  readonly damage?: Damage
}

/** What the token endpoint must know about the organization of a client. */
export interface OrganizationSummaryRecord {
  readonly id: string
  readonly slug: string
  readonly name: string
  readonly status: 'active' | 'suspended'
  /** Seconds since the epoch. */
  readonly tokensNotBefore: number
}

export interface OrganizationRecord extends OrganizationSummaryRecord {
  readonly realm: string
  readonly capabilities: Readonly<Record<string, CapabilityValue>>
  readonly version: number
  readonly createdAt: number
  readonly updatedAt: number
  /** Sorted by name. */
  readonly partners: ListOrTotal<Partner>
  readonly requestors: ListOrTotal<Requestor>
  readonly acceptance: { readonly version: string; readonly acceptedAt: number } | null
  /** The damage of its row, if any; the entitlement of the organization is unknown until the row is repaired. */
  readonly damage?: Damage
}
