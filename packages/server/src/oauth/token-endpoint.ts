// The token endpoint (RFC 6749 §3.2 and §4.4). One request, top to bottom; the address was admitted and the body was read
// in oauth-endpoint.ts. A step returns a value or throws; http/answer-error.ts turns what is thrown into a response.
import type { FastifyInstance } from 'fastify'
import { tokenProfiles } from '@countersign/protocol'
import type { RealmKeys } from '../keys/realm-keys.ts'
import type { Realm } from '../realms/realm.ts'
import { mountOAuthEndpoint, type OAuthContext, type OAuthExchange } from './oauth-endpoint.ts'
import type { OAuthForm } from '../api/form.ts'
import { OAuthError } from '../errors.ts'
import { createTokenDrafter } from '../token/draft-token.ts'
import { grantScope } from '../token/grant-scope.ts'

/** How many times a token is drafted for a client that keeps changing. */
const maxAttempts = 5

export function mountTokenEndpoint(app: FastifyInstance, context: OAuthContext, keys: RealmKeys): void {
  const { realm, audit, clock, cache, changes } = context
  const profile = tokenProfiles[realm.tokenProfile]
  const draftToken = createTokenDrafter(realm)

  mountOAuthEndpoint(app, context, {
    path: realm.tokenPath,
    endpoint: 'token',
    kind: 'token.request',
    answer: async (exchange) => {
      checkGrantType(exchange.form, realm)
      for (let attempt = 1; attempt <= maxAttempts; attempt++) {
        const answer = await answerOnce(exchange)
        if (answer !== undefined) return answer
      }
      throw new OAuthError('token-service-unavailable', { reason: 'changed-meanwhile' })
    },
  })

  /** Undefined where the client or the realm's key was changed while the token was being issued. */
  async function answerOnce({ form, address, requestId, authenticate }: OAuthExchange): Promise<string | undefined> {
    const { generation } = cache
    const { client, secretId } = await authenticate()
    checkTarget(form, realm)
    const scope = grantScope(client.scopes, form.scope)
    const key = keys.active()
    if (!key) throw new OAuthError('token-service-unavailable', { reason: 'signing-key-damaged' })
    const draft = draftToken(key, client, scope, clock())
    const place = await audit
      .append({
        kind: 'token.request',
        outcome: 'success',
        realm: realm.name,
        organizationId: client.organization.id,
        clientId: client.clientId,
        address,
        requestId,
        detail: { tokenId: draft.tokenId, secretId, scope, keyId: key.kid, expiresAt: draft.expiresAt },
      })
      .catch((cause: unknown) => {
        throw new OAuthError('token-service-unavailable', { reason: 'audit-not-durable', cause })
      })
    // The store had a change by then of which this server has not heard: it may have ended the secret, or cut the tokens.
    if (place && !changes.isAt(place)) await changes.pull()
    if (keys.active()?.kid !== key.kid) return undefined
    if (generation !== cache.generation && cache.findClient(realm.name, client.clientId) !== client) return undefined
    // Signed only now: nothing can leave before its row is on disk, and the signatures of a batch follow each other,
    // which costs a third less than one between every two requests (decisions/011).
    const response = { accessToken: draft.sign(), lifetimeSeconds: draft.lifetimeSeconds, scope, notBefore: realm.tokensNotBefore }
    return JSON.stringify(profile.response(response))
  }
}

function checkGrantType(form: OAuthForm, realm: Realm): void {
  if (form.grant_type === undefined)
    throw new OAuthError('malformed-token-request', {
      description: 'The parameter grant_type is missing. Send grant_type=client_credentials in the body.',
    })
  if (form.grant_type !== 'client_credentials') throw new OAuthError('wrong-grant-type', { error: realm.unsupportedGrantError })
  const hasUserCredentials = form.username !== undefined || form.password !== undefined
  if (hasUserCredentials && realm.unsupportedGrantError === 'invalid_grant') throw new OAuthError('user-credentials-sent')
}

/** RFC 8707 §2: a token is for the audience of its realm; the client can name it, but not choose another. */
function checkTarget({ resource, audience }: OAuthForm, realm: Realm): void {
  for (const target of [resource, audience]) {
    if (target !== undefined && target !== realm.audience) throw new OAuthError('invalid-target')
  }
}
