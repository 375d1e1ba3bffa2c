// What becomes of a request. Approving does what was asked for in the same transaction, with the events that the same change has by itself;
// each of them names the request.
import type { AdminScope, CheckedInput, OperationOutput } from '@countersign/admin'
import type { ChangeKind } from '../audit/events/kinds.ts'
import type { Change, ChangeRecord } from '../change/apply-change.ts'
import { updateClient } from '../clients/clients.ts'
import { findClient } from '../clients/lock-client.ts'
import { ProblemError } from '../errors.ts'
import { setCapability } from '../organizations/capabilities.ts'
import { findOrganization, type OrganizationRow } from '../organizations/lock-organization.ts'
import { authorizePartner } from '../organizations/partners.ts'
import type { Realm } from '../realms/realm.ts'
import { parseTexts } from '../store/damage.ts'
import { describeAccessRequest, detailOf, findAccessRequest, type AccessRequestRow } from './access-request.ts'

type Described = OperationOutput<'accessRequests.create'>

/** @param requireScope throws if the operator lacks the scope: what it could not do itself it cannot approve */
export async function approveRequest(
  change: Change<'accessRequests.approve'>,
  realm: Realm,
  { organization: key, accessRequest }: CheckedInput<'accessRequests.approve'>['params'],
  { answer, name }: CheckedInput<'accessRequests.approve'>['body'],
  requireScope: (scope: AdminScope) => void,
): Promise<Described> {
  const organization = await findOrganization(change, realm, key)
  const request = await findAccessRequest(change, organization.id, accessRequest)
  if (request.kind === 'scope' || request.kind === 'client') requireScope('clients:write')
  if (name !== undefined && request.kind !== 'partner')
    throw new ProblemError('invalid-request', {
      detail: '/name: expected no name, because the request is not for a partner',
      errors: [{ pointer: '/name', detail: 'expected no name, because the request is not for a partner' }],
    })
  const answered = await closeRequest(change, request, 'approved', answer)
  const subject = { realm: realm.name, organizationId: organization.id }
  change.record({ subject, changed: 'rights', detail: { ...detailOf(request), ...(answer !== undefined && { answer }) } })
  await doWhatWasAsked(change, realm, organization, request, name)
  return describeAccessRequest(answered)
}

async function doWhatWasAsked(
  change: Change,
  realm: Realm,
  organization: OrganizationRow,
  { id, kind, what, client_id: clientId }: AccessRequestRow,
  name: string | undefined,
): Promise<void> {
  switch (kind) {
    case 'partner':
      await authorizePartner(stepOf(change, 'partners.authorize', id), realm, organization.id, { id: what, name })
      return
    case 'capability':
      await setCapability(stepOf(change, 'capabilities.set', id), realm, organization.id, what, true)
      return
    case 'scope': {
      const step = stepOf(change, 'clients.update', id)
      const client = await findClient(step, realm, clientId ?? '')
      // Its id may be that of a client of another organization by now.
      if (client.organization_id !== organization.id)
        throw new ProblemError('conflict', { detail: `The client "${client.client_id}" belongs to another organization now.` })
      await updateClient(step, realm, client.client_id, { scopes: [...(parseTexts(client.scopes) ?? []), what] })
      return
    }
    case 'client':
      return // The integrator creates it, and is the only one who sees its secret.
  }
}

/** A part of the change of an answer, with the events of an operation of its own. The version was compared before. */
export function stepOf<Kind extends ChangeKind>(change: Change, kind: Kind, accessRequest: string): Change<Kind> {
  const record = (one: ChangeRecord<Kind>) =>
    change.record({ ...one, kind: one.kind ?? kind, detail: { ...one.detail, accessRequest } } as ChangeRecord)
  return { ...change, expectedVersions: undefined, record }
}

export async function declineRequest(
  change: Change<'accessRequests.decline'>,
  realm: Realm,
  { organization: key, accessRequest }: CheckedInput<'accessRequests.decline'>['params'],
  answer: string,
): Promise<Described> {
  const organization = await findOrganization(change, realm, key)
  const request = await findAccessRequest(change, organization.id, accessRequest)
  const answered = await closeRequest(change, request, 'declined', answer)
  const subject = { realm: realm.name, organizationId: organization.id }
  change.record({ subject, changed: 'rights', detail: { ...detailOf(request), answer } })
  return describeAccessRequest(answered)
}

/** @param askedBy whose requests may be withdrawn; undefined for all */
export async function withdrawRequest(
  change: Change<'accessRequests.withdraw'>,
  realm: Realm,
  { organization: key, accessRequest }: CheckedInput<'accessRequests.withdraw'>['params'],
  askedBy?: string,
): Promise<Described> {
  const organization = await findOrganization(change, realm, key)
  const request = await findAccessRequest(change, organization.id, accessRequest)
  if (askedBy !== undefined && request.asked_by !== askedBy)
    throw new ProblemError('insufficient-scope', {
      detail: 'A client withdraws only what it asked for itself.',
      remedy: 'Sign in as a person of the organization, or ask the provider.',
    })
  const answered = await closeRequest(change, request, 'withdrawn')
  change.record({ subject: { realm: realm.name, organizationId: organization.id }, changed: 'rights', detail: detailOf(request) })
  return describeAccessRequest(answered)
}

/** @throws ProblemError `conflict` unless it is open */
async function closeRequest(
  { db, now }: Change,
  { id, state }: AccessRequestRow,
  next: 'approved' | 'declined' | 'withdrawn',
  answer?: string,
): Promise<AccessRequestRow> {
  if (state !== 'open')
    throw new ProblemError('conflict', {
      detail: `The access request is not open any more: it is ${state === 'done' ? 'approved' : state}.`,
    })
  return db
    .updateTable('access_requests')
    .set({ state: next, answer: answer ?? null, answered_at: now })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow()
}
