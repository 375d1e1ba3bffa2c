// The type of a handler of an admin operation: a read gets its checked input and the operator; a write gets the change that it is part
// of instead, and reads in its transaction, so its response is the state that will be in force.
import type { Kysely } from 'kysely'
import type { CheckedInput, operations, OperationName, OperationOutput } from '@countersign/admin'
import type { ChangeKind } from '../audit/events/kinds.ts'
import type { Clock } from '../clock.ts'
import type { Realm } from '../realms/realm.ts'
import type { Cache } from '../cache/cache.ts'
import { findOrganizationId } from '../cache/read-organization.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import type { KeyRings } from '../keys/live-rings.ts'
import type { HealthSources } from './read-health.ts'
import type { OutboundRules } from '../outbound/outbound-rules.ts'
import type { SigningKeys } from '../keys/realm-keys.ts'
import type { SigningKeyContext } from '../signing-keys/find-key.ts'
import { noSuchOrganization } from '../organizations/lock-organization.ts'
import { ProblemError } from '../errors.ts'
import type { Authority, Operator } from '../operators/operator-authority.ts'
import type { SecretUsage } from '../rotation/secret-usage.ts'
import type { Change } from '../change/apply-change.ts'
import type { SessionEnds } from '../sessions/session-ends.ts'
import type { Schema } from '../store/schema.ts'

export interface AdminContext {
  readonly realms: ReadonlyMap<string, Realm>
  readonly db: Kysely<Schema>
  readonly cache: Cache
  readonly pepper: KeyRing
  readonly signingKeys: SigningKeys
  readonly keyContext: SigningKeyContext
  readonly keyRings: Pick<KeyRings, 'keyEncryptionKey' | 'readStanding'>
  readonly usage: SecretUsage
  readonly clock: Clock
  readonly outbound: OutboundRules
  /** Where invitations lead; undefined if the portal is off. */
  readonly portalUrl: string | undefined
  readonly sessions: Pick<SessionEnds, 'idleMs' | 'tellEnd'>
  readonly health: HealthSources
}

type Read<Name extends OperationName> = (input: CheckedInput<Name>, operator: Operator) => Promise<OperationOutput<Name>>
type Write<Name extends OperationName> = (
  input: CheckedInput<Name>,
  change: Change<Extract<Name, ChangeKind>>,
  /** What who asks may do, as it is in the transaction. Its scope for the operation and its realm have been checked. */
  by: Authority,
) => Promise<OperationOutput<Name>>

/** A GET, or a POST that changes nothing. */
type Reads<Name extends OperationName> = (typeof operations)[Name] extends { method: 'GET' } | { reads: true } ? true : false

export type Handler<Name extends OperationName> = Reads<Name> extends true ? Read<Name> : Write<Name>

export type AdminHandlers = { readonly [Name in OperationName]: Handler<Name> }

/** @throws ProblemError `not-found` */
export function getRealm(realms: ReadonlyMap<string, Realm>, name: string): Realm {
  const realm = realms.get(name)
  if (!realm)
    throw new ProblemError('not-found', {
      detail: `There is no realm "${name}".`,
      remedy: `Use one of ${[...realms.keys()].join(', ')}; realms are made in the configuration file.`,
    })
  return realm
}

/** @throws ProblemError `not-found` */
export async function getOrganizationId(db: Kysely<Schema>, realm: Realm, key: string): Promise<string> {
  const id = await findOrganizationId(db, realm.name, key)
  if (id === undefined) throw noSuchOrganization(realm, key)
  return id
}
