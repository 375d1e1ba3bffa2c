// What happened to an organization, from the audit log, for people of that organization: who of them did what, and what the provider did.
import type { Kysely } from 'kysely'
import type { OperationOutput } from '@countersign/admin'
import { toInstant } from '../api/instants.ts'
import { refusedCursor, type PageRequest } from '../api/page.ts'
import type { StoredEvent } from '../audit/events/event-row.ts'
import { searchAudit } from '../audit/search/search-audit.ts'
import { instantOf } from '../node-ids.ts'
import type { Schema } from '../store/schema.ts'
import { harmlessDetail, ofPeople } from './harmless-details.ts'

type Activity = OperationOutput<'activity.list'>['items'][number]

export type Reader =
  /** Who reads the names of operators. */
  | { readonly kind: 'operator' }
  | { readonly kind: 'person'; readonly id: string }
  /** The holder of the secret of one client: nothing of other clients is told, and no name of a person. */
  | { readonly kind: 'client'; readonly clientId: string; readonly createdAt: number }

interface Place {
  readonly realm: string
  readonly organizationId: string
}

export async function readActivity(
  db: Kysely<Schema>,
  { realm, organizationId }: Place,
  reader: Reader,
  { limit, after }: PageRequest,
): Promise<OperationOutput<'activity.list'>> {
  if (after !== undefined && Number.isNaN(instantOf(after))) throw refusedCursor('expected the value of "next" from the previous page')
  const filter = { realm, organization: organizationId, changes: true }
  const { rows, next } = await searchAudit(db, filter, { from: undefined, to: undefined, after }, limit)
  const shown = rows.filter((row) => mayRead(reader, row))
  return { items: shown.flatMap((row) => describe(row, realm, reader) ?? []), next }
}

function mayRead(reader: Reader, { kind, client_id: clientId, at }: StoredEvent): boolean {
  if (reader.kind !== 'client') return true
  if (clientId === null) return !ofPeople.has(kind)
  // Its id may have been that of an earlier client.
  return clientId === reader.clientId && at >= reader.createdAt
}

function describe(row: StoredEvent, realm: string, reader: Reader): Activity | undefined {
  const detail = harmlessDetail(row.kind, row.detail)
  if (!detail || (reader.kind === 'client' && isOfOther(reader.clientId, detail['client']))) return undefined
  const { by, name } = describeActor(row, realm, reader)
  return {
    at: toInstant(row.at),
    kind: row.kind,
    by,
    ...(name !== undefined && { name }),
    ...(row.client_id !== null && { client: row.client_id }),
    detail,
  }
}

/** The client that a request was about. */
function isOfOther(clientId: string, named: unknown): boolean {
  return named !== undefined && named !== clientId
}

/** The column `on_behalf_of` has the name of a person as it was then. */
function describeActor(
  { actor_kind: kind, actor_id: id, actor_realm: actorRealm, on_behalf_of: nameOfPerson }: StoredEvent,
  realm: string,
  reader: Reader,
): { readonly by: Activity['by']; readonly name?: string | undefined } {
  // People of the provider are of the realm of the operators. Clients that are operators have the kind "operator", of whatever realm.
  if (kind === 'person' && actorRealm === realm) {
    if (reader.kind === 'client') return { by: 'colleague' }
    return { by: reader.kind === 'person' && reader.id === id ? 'you' : 'colleague', name: nameOfPerson ?? undefined }
  }
  if (kind === 'client' && id !== null) {
    const isTold = reader.kind !== 'client' || reader.clientId === id
    return { by: 'client', name: isTold ? id : undefined }
  }
  if (reader.kind !== 'operator' || kind === 'system') return { by: 'provider' }
  return { by: 'provider', name: (kind === 'person' ? nameOfPerson : id) ?? undefined }
}
