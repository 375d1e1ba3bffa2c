// The members of a client that decide what its tokens say: checked against its realm, and written as columns.
import type { CheckedInput } from '@countersign/admin'
import type { TokenMembers } from '../audit/events/kinds.ts'
import { ProblemError } from '../errors.ts'
import type { Realm } from '../realms/realm.ts'
import { checkGrant } from './check-grant.ts'
import { requireClaimSet } from './claim-sets.ts'
import { summarizeGrant } from './summarize-grant.ts'
import type { Change } from '../change/apply-change.ts'

type Members = Partial<
  Pick<
    CheckedInput<'clients.create'>['body'],
    'subject' | 'defaultScopes' | 'claimSet' | 'grant' | 'scopeGrants' | 'headerType' | 'signingAlgorithm'
  >
>

/**
 * @param scopes that the client will have
 * @throws ProblemError `invalid-request`
 */
export async function checkTokenMembers(change: Change, realm: Realm, members: Members, scopes: readonly string[]): Promise<void> {
  const { subject, defaultScopes, claimSet, grant, scopeGrants = {}, headerType } = members
  const foreign = [...(defaultScopes ?? []), ...Object.keys(scopeGrants)].find((scope) => !scopes.includes(scope))
  if (foreign !== undefined)
    throw invalid(
      defaultScopes?.includes(foreign) ? '/defaultScopes' : '/scopeGrants',
      `"${foreign}" is not one of the scopes of the client`,
      'Add it to "scopes" first.',
    )
  if (subject && realm.tokenProfile === 'cognito')
    throw invalid('/subject', 'In this realm the subject is the client id', 'Leave "subject" out.')
  if (headerType && realm.tokenProfile !== 'keycloak')
    throw invalid('/headerType', `Tokens of the profile "${realm.tokenProfile}" have one type`, 'Leave "headerType" out.')
  if (grant) checkGrant(realm, grant, { pointer: '/grant', isOwn: true })
  for (const [scope, { grant: ofScope }] of Object.entries(scopeGrants))
    if (ofScope) checkGrant(realm, ofScope, { pointer: `/scopeGrants/${scope.replaceAll('~', '~0').replaceAll('/', '~1')}/grant` })
  if (claimSet) await requireClaimSet(change, realm, claimSet)
}

/** Of a client whose tokens say what their profile has. */
export const noTokenMembers = {
  subject: null,
  defaultScopes: null,
  claimSet: null,
  grant: null,
  scopeGrants: {},
  headerType: null,
  signingAlgorithm: null,
}

/** Undefined for what stays. */
export function tokenColumns({ subject, defaultScopes, claimSet, grant, scopeGrants, headerType, signingAlgorithm }: Members) {
  return {
    subject,
    default_scopes: defaultScopes && JSON.stringify([...new Set(defaultScopes)]),
    claim_set: claimSet,
    own_grant: grant && JSON.stringify(grant),
    scope_grants: scopeGrants && (Object.keys(scopeGrants).length > 0 ? JSON.stringify(scopeGrants) : null),
    header_type: headerType,
    signing_algorithm: signingAlgorithm,
  }
}

/** For the audit event: what was set, without the values of claims. */
export function describeMembers({
  subject,
  defaultScopes,
  claimSet,
  grant,
  scopeGrants,
  headerType,
  signingAlgorithm,
}: Members): TokenMembers {
  const ofScopes = scopeGrants && Object.entries(scopeGrants)
  return {
    subject,
    defaultScopes,
    claimSet,
    grant: grant && summarizeGrant(grant),
    scopeGrants:
      ofScopes &&
      Object.fromEntries(
        ofScopes.map(([scope, { grant: ofScope, shown }]) => [
          scope,
          {
            ...(shown !== undefined && { shown }),
            ...(ofScope && { grant: summarizeGrant(ofScope) }),
          },
        ]),
      ),
    headerType,
    signingAlgorithm,
  }
}

function invalid(pointer: string, detail: string, remedy: string): ProblemError {
  return new ProblemError('invalid-request', { detail: `${detail}.`, remedy, errors: [{ pointer, detail }] })
}
