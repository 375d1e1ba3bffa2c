// Whether something can be asked for: it is of the right form, the realm declares it, and the organization does not have it.
import type { CheckedInput } from '@countersign/admin'
import type { Change } from '../change/apply-change.ts'
import { ProblemError } from '../errors.ts'
import { capabilitiesOf, declaredCapabilities } from '../organizations/capabilities.ts'
import type { OrganizationRow } from '../organizations/lock-organization.ts'
import type { Realm } from '../realms/realm.ts'
import { parseTexts } from '../store/damage.ts'

type Asked = Pick<CheckedInput<'accessRequests.create'>['body'], 'kind' | 'what' | 'client'>

/** @throws ProblemError `invalid-request` or `conflict` */
export async function checkWhat(change: Change, realm: Realm, organization: OrganizationRow, { kind, what, client }: Asked): Promise<void> {
  if (kind !== 'scope' && client !== undefined) throw refused('/client', `expected no client for the kind "${kind}"`)
  switch (kind) {
    case 'partner':
      return checkPartner(change, organization, what)
    case 'capability':
      return checkCapability(realm, organization, what)
    case 'scope':
      return checkScope(change, realm, organization, what, client)
    case 'client':
      return undefined
  }
}

async function checkPartner({ db }: Change, { id }: OrganizationRow, what: string): Promise<void> {
  if (!/^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/.test(what))
    throw refused('/what', 'expected the id of a partner: a lower-case UUID')
  const row = await db
    .selectFrom('partner_authorizations')
    .select('partner_id')
    .where('organization_id', '=', id)
    .where('partner_id', '=', what)
    .executeTakeFirst()
  if (row) throw hasAlready('may act for this partner already')
}

function checkCapability(realm: Realm, organization: OrganizationRow, what: string): void {
  const declared = declaredCapabilities(realm)
  const flags = Object.keys(declared).filter((name) => declared[name] === 'flag')
  if (!flags.includes(what)) throw refused('/what', `expected one of ${flags.join(', ') || 'none: the realm declares no capability'}`)
  if (capabilitiesOf(organization)[what] === true) throw hasAlready('has this capability already')
}

/** Not one of those that every realm has: they are for guards, and tell of other organizations. */
async function checkScope({ db }: Change, realm: Realm, organization: OrganizationRow, what: string, client: string | undefined) {
  if (client === undefined) throw refused('/client', 'expected the client that the scope is for')
  if (!realm.scopes.includes(what)) throw refused('/what', `expected one of ${realm.scopes.join(', ')}`)
  const row = await db
    .selectFrom('clients')
    .select('scopes')
    .where('realm', '=', realm.name)
    .where('client_id', '=', client)
    .where('organization_id', '=', organization.id)
    .executeTakeFirst()
  if (!row) throw refused('/client', 'expected a client of the organization')
  if (parseTexts(row.scopes)?.includes(what)) throw hasAlready('has a client with this scope already: the one that was named')
}

function refused(pointer: string, detail: string): ProblemError {
  return new ProblemError('invalid-request', { detail: `${pointer}: ${detail}`, errors: [{ pointer, detail }] })
}

function hasAlready(what: string): ProblemError {
  const detail = `The organization ${what}.`
  return new ProblemError('conflict', { detail, errors: [{ pointer: '/what', detail }] })
}
