// Who has signed in: a client by its secret, or a person. Read with the session, from rows that no cache keeps.
import type { Kysely } from 'kysely'
import type { PortalRole } from '@countersign/admin'
import { isOwner } from '../clients/owner-role.ts'
import { ofRoles, roleOfPerson } from '../idp/role-of-groups.ts'
import { operatorsRealmName } from '../realms/operators-realm.ts'
import { parseTexts } from '../store/damage.ts'
import type { Schema } from '../store/schema.ts'

export interface ClientOfSession {
  readonly kind: 'client'
  readonly realm: string
  readonly clientId: string
  /** The internal id of the client. */
  readonly client: string
  /** The id of the secret that the session depends on. */
  readonly credential: string
  readonly isOwner: boolean
}

export interface PersonOfSession {
  readonly kind: 'person'
  /** The id of the person. */
  readonly person: string
  readonly name: string
  readonly address: string | null
  readonly realm: string
  readonly organizationId: string
  /** The organization of now, not as it was cached. */
  readonly organization: Pick<Schema['organizations'], 'status' | 'tokens_not_before'>
  /** At the portal, as it is now; null for operators, and for a person who has none by the identity provider of its organization. */
  readonly role: PortalRole | null
  /** Of the identity provider; null for a person with a passkey. */
  readonly issuer: string | null
  readonly subject: string | null
  /** What the identity provider said at the last sign-in. A damaged list is empty. */
  readonly groups: readonly string[]
  /** Sessions that began before are over. */
  readonly notBefore: number
}

export type WhoOfSession = ClientOfSession | PersonOfSession

/** Sessions with the rows of who has signed in. */
export function selectSessions(db: Kysely<Schema>) {
  return db
    .selectFrom('sessions')
    .leftJoin('clients', 'clients.id', 'sessions.client')
    .leftJoin('people', 'people.id', 'sessions.person')
    .leftJoin('organizations', 'organizations.id', 'people.organization_id')
    .leftJoin('identity_providers', 'identity_providers.organization_id', 'people.organization_id')
    .select(['sessions.id as session', 'sessions.credential', 'signed_in_at', 'seen_at', 'confirmed_at', 'ends_at'])
    .select(['clients.id as client', 'clients.realm as client_realm', 'client_id', 'clients.role as client_role'])
    .select(['clients.scopes', 'clients.operator_realms'])
    .select(ofPerson)
}

/** A person by its id, for a session that is to begin. */
export async function readPerson(db: Kysely<Schema>, id: string): Promise<PersonOfSession | undefined> {
  const row = await db
    .selectFrom('people')
    .innerJoin('organizations', 'organizations.id', 'people.organization_id')
    .leftJoin('identity_providers', 'identity_providers.organization_id', 'people.organization_id')
    .select(ofPerson)
    .where('people.id', '=', id)
    .executeTakeFirst()
  return row && toPerson(row)
}

type Row = Awaited<ReturnType<ReturnType<typeof selectSessions>['execute']>>[number]

/** Undefined if the client or the person has just been deleted. */
export function whoOf(row: Row): WhoOfSession | undefined {
  const { client, client_realm: realm, client_id: clientId, client_role: role, credential, scopes, operator_realms } = row
  if (client === null) return toPerson(row)
  if (realm === null || clientId === null || scopes === null || credential === null) return undefined
  const owns = realm === operatorsRealmName && isOwner({ role, scopes, operator_realms })
  return { kind: 'client', realm, clientId, client, credential, isOwner: owns }
}

const ofPerson = [
  'people.id as person',
  'people.name as person_name',
  'people.address as person_address',
  'people.realm as person_realm',
  'people.organization_id',
  'people.role as person_role',
  'people.issuer as person_issuer',
  'people.subject as person_subject',
  'people.groups',
  'people.not_before',
  'organizations.status',
  'organizations.tokens_not_before',
  ...ofRoles,
] as const

type PersonRow = { readonly [Column in 'person' | 'person_name' | 'person_realm' | 'organization_id']: string | null } & {
  readonly [Column in 'person_address' | 'person_issuer' | 'person_subject' | 'groups' | 'idp_issuer' | 'idp_roles']: string | null
} & {
  readonly person_role: PortalRole | null
  readonly idp_everyone: PortalRole | null
  readonly not_before: number | null
  readonly status: Schema['organizations']['status'] | null
  readonly tokens_not_before: number | null
}

function toPerson(row: PersonRow): PersonOfSession | undefined {
  const { person, person_name: name, person_realm: realm, organization_id: organizationId, not_before: notBefore } = row
  const { status, tokens_not_before } = row
  if (person === null || name === null || realm === null || organizationId === null || notBefore === null) return undefined
  if (status === null || tokens_not_before === null) return undefined
  return {
    kind: 'person',
    person,
    name,
    address: row.person_address,
    realm,
    organizationId,
    organization: { status, tokens_not_before },
    role: roleOfPerson({ ...row, role: row.person_role, issuer: row.person_issuer }),
    issuer: row.person_issuer,
    subject: row.person_subject,
    groups: row.groups === null ? [] : (parseTexts(row.groups) ?? []),
    notBefore,
  }
}
