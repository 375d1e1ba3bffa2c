// Revokes a token at the request of its client (RFC 7009): one step inside a change. Every guard keeps revoked tokens until they expire,
// so the number per client and per organization is bounded. At the bound, one cut of all tokens of the client replaces its revoked
// tokens: a revocation never fails, and other clients are not affected.
import type { VerifiedToken } from '@countersign/guard'
import type { ClientRecord } from '../cache/records.ts'
import type { Change } from '../change/apply-change.ts'
import { cutTokensBefore } from '../token/token-cut.ts'

export const maxRevokedOfClient = 200
export const maxRevokedOfOrganization = 1000

/** A guard may accept a token this long after its expiry (`clockSkewSeconds`), so the revocation is kept as long. */
const maxSkewSeconds = 60

/** `every-token`: all tokens of the client issued before `tokensNotBefore`, in seconds since the epoch. */
export type Revocation = { readonly revoked: 'token' } | { readonly revoked: 'every-token'; readonly tokensNotBefore: number }

export async function revokeToken(change: Change, client: ClientRecord, token: VerifiedToken): Promise<Revocation> {
  const { tokenId, issuedAt } = token
  const revocation = await apply(change, client, token)
  const { realm, clientId, organization } = client
  const isCut = revocation.revoked === 'every-token'
  change.record({
    subject: { realm, organizationId: organization.id, clientId, tokenId },
    changed: isCut ? 'client' : 'token',
    detail: { tokenId, ...(isCut && { issuedAt, tokensNotBefore: revocation.tokensNotBefore }) },
  })
  return revocation
}

async function apply({ db, now }: Change, client: ClientRecord, token: VerifiedToken): Promise<Revocation> {
  const row = await db.selectFrom('clients').select('tokens_not_before').where('id', '=', client.id).executeTakeFirst()
  const isRefusedAlready = !row || token.issuedAt < row.tokens_not_before
  if (isRefusedAlready) return { revoked: 'token' }

  if (await isRoomFor({ db, now }, client)) {
    await db
      .insertInto('revoked_tokens')
      .values({
        token_id: token.tokenId,
        realm: client.realm,
        organization_id: client.organization.id,
        client: client.id,
        issued_at: token.issuedAt,
        expires_at: (token.expiresAt + maxSkewSeconds) * 1000,
        revoked_at: now,
      })
      .onConflict((conflict) => conflict.columns(['realm', 'token_id']).doNothing())
      .execute()
    return { revoked: 'token' }
  }

  // The token may be dated by a clock that is ahead; the cut must cover it.
  const tokensNotBefore = Math.max(row.tokens_not_before, cutTokensBefore(now), token.issuedAt + 1)
  await db.updateTable('clients').set({ tokens_not_before: tokensNotBefore }).where('id', '=', client.id).execute()
  await db.deleteFrom('revoked_tokens').where('client', '=', client.id).where('issued_at', '<', tokensNotBefore).execute()
  return { revoked: 'every-token', tokensNotBefore }
}

/** Changes are serialized across all nodes, so no other revocation can come between the count and the insert. */
async function isRoomFor({ db, now }: Pick<Change, 'db' | 'now'>, client: ClientRecord): Promise<boolean> {
  const ofOrganization = client.organization.id
  await db.deleteFrom('revoked_tokens').where('organization_id', '=', ofOrganization).where('expires_at', '<=', now).execute()
  const counts = await db
    .selectFrom('revoked_tokens')
    .select((select) => ['client', select.fn.countAll<number>().as('count')])
    .where('organization_id', '=', ofOrganization)
    .groupBy('client')
    .execute()
  const total = counts.reduce((sum, { count }) => sum + Number(count), 0)
  const own = Number(counts.find((one) => one.client === client.id)?.count ?? 0)
  return own < maxRevokedOfClient && total < maxRevokedOfOrganization
}
