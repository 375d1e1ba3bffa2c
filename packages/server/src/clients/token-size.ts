// The bound of a client's largest token. A request header holds 8 kB with many servers, and guards refuse longer tokens.
import { sql, type Kysely } from 'kysely'
import type { Grant, GrantVariable } from '@countersign/protocol'
import { ProblemError } from '../errors.ts'
import { readClient } from '../cache/read-clients.ts'
import { parseGrant } from '../cache/read-grants.ts'
import type { Realm } from '../realms/realm.ts'
import type { Schema } from '../store/schema.ts'
import { createTokenDrafter } from '../token/draft-token.ts'

/** Characters of a whole token. */
export const maxTokenLength = 4096
/** Of header and signature: RSA keys of 4096 bits sign in 683 characters. */
const aroundClaims = 800

/** @throws ProblemError `invalid-request` if a token with every scope of the client would be too long */
export async function checkTokenSize(db: Kysely<Schema>, realm: Realm, clientId: string): Promise<void> {
  const client = await readClient(db, realm.name, clientId)
  if (!client?.grants) return // Without grants, the bounds of scopes and names are enough.
  const { claimSet } = client.grants
  const row = await db
    .selectFrom('claim_sets')
    .select('content')
    .where('realm', '=', realm.name)
    .where('name', '=', claimSet ?? '')
    .executeTakeFirst()
  const claimSets = { version: 0, get: () => parseGrant(row?.content ?? '') }
  const { scopes } = client
  const scope = scopes.join(' ')
  const { claims } = createTokenDrafter(realm, claimSets)(client, { scopes, scope, answered: scope, api: undefined }, 0)
  const length = aroundClaims + Math.ceil((Buffer.byteLength(claims) * 4) / 3)
  if (length <= maxTokenLength) return
  throw new ProblemError('invalid-request', {
    detail: `A token with every scope of the client "${clientId}" would have about ${length} characters; at most ${maxTokenLength} are safe in a request header.`,
    remedy: 'Grant less: shorter claims, fewer roles, or fewer scopes.',
    errors: [{ pointer: '/grant', detail: `expected grants with which a token has at most ${maxTokenLength} characters` }],
  })
}

/** How many clients of a set are drafted for: those with the largest tokens. Thousands may share one. */
const maxChecked = 20

/**
 * Checks the clients of a claim set whose own grants, and what the set says of each, are the largest.
 * @throws ProblemError as {@link checkTokenSize}
 */
export async function checkTokenSizesOf(db: Kysely<Schema>, realm: Realm, claimSet: string, grant: Grant): Promise<void> {
  const timesOf = (variable: GrantVariable) => sql.lit(JSON.stringify(grant.claims).split(`\${${variable}}`).length - 1)
  const ofItsOwn = sql`length(coalesce(own_grant, '')) + length(coalesce(scope_grants, '')) + length(scopes)`
  const filledIn = sql`${timesOf('client_id')} * length(client_id) + ${timesOf('subject')} * length(coalesce(subject, id))`
  const largest = await db
    .selectFrom('clients')
    .select('client_id')
    .where('realm', '=', realm.name)
    .where('claim_set', '=', claimSet)
    .orderBy(sql`${ofItsOwn} + ${filledIn}`, 'desc')
    .limit(maxChecked)
    .execute()
  for (const { client_id: clientId } of largest) await checkTokenSize(db, realm, clientId)
}
