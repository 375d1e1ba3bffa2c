// What a grant may set, by the token profile of its realm: never what verifiers check.
import { reservedClaims, tokenProfiles, type Grant, type TokenProfile } from '@countersign/protocol'
import { ProblemError } from '../errors.ts'
import { adminAudience } from '../realms/operators-realm.ts'
import type { Realm } from '../realms/realm.ts'

interface Place {
  /** Where the grant is in the request. */
  readonly pointer: string
  /** Whether it is a client's own. */
  readonly isOwn?: boolean
}

/** @throws ProblemError `invalid-request` */
export function checkGrant(realm: Realm, grant: Grant, { pointer, isOwn = false }: Place): void {
  const profile: TokenProfile = tokenProfiles[realm.tokenProfile]
  if (!profile.hasAudience && grant.audiences.length > 0)
    throw refusal(`${pointer}/audiences`, `Tokens of the profile "${realm.tokenProfile}" have no audience`, 'Leave "audiences" empty.')
  if (profile.roles(grant.roles) === undefined)
    throw refusal(
      `${pointer}/roles/clients`,
      `Tokens of the profile "${realm.tokenProfile}" have no place for roles of single APIs`,
      'Use roles of the realm, or scopes.',
    )
  if (grant.audiences.includes(adminAudience))
    throw refusal(`${pointer}/audiences`, `"${adminAudience}" is the audience of operators`, 'Make the client an operator instead.')
  const reserved = new Set([...reservedClaims(profile), ...roleClaims(profile)])
  const refused = Object.keys(grant.claims).find((name) => reserved.has(name) && !isException(realm, name, grant.claims[name], isOwn))
  if (refused !== undefined)
    throw refusal(`${pointer}/claims/${refused}`, `The claim "${refused}" is set by the server`, otherWay(profile, refused))
}

/** Where the roles of grants are: a claim of the same name would replace them. */
function roleClaims(profile: TokenProfile): string[] {
  const realm = ['any']
  return Object.keys(profile.roles({ realm, clients: { any: realm } }) ?? profile.roles({ realm, clients: {} }) ?? {})
}

function otherWay(profile: TokenProfile, claim: string): string {
  if (claim === 'sub') return 'Set "subject" of the client.'
  if (claim === 'aud') return 'Use "audiences".'
  return roleClaims(profile).includes(claim) ? 'Use "roles".' : 'Use another name.'
}

/** A client that was brought along may have another "azp"; "client_id" can only be brought back where the realm leaves it out. */
function isException({ tokenProfile, omitClaims }: Realm, name: string, value: unknown, isOwn: boolean): boolean {
  if (name === 'azp') return isOwn && tokenProfile === 'keycloak' && typeof value === 'string' && value !== ''
  return name === 'client_id' && omitClaims.includes('client_id') && value === '${client_id}'
}

function refusal(pointer: string, detail: string, remedy: string): ProblemError {
  return new ProblemError('invalid-request', { detail: `${detail}.`, remedy, errors: [{ pointer, detail }] })
}
