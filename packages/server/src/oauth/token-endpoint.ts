// The token endpoint (RFC 6749 §3.2 and §4.4). One request, top to bottom; the address was admitted and the body was read
// in oauth-endpoint.ts. A step returns a value or throws; http/answer-error.ts turns what is thrown into a response.
import type { FastifyInstance } from 'fastify'
import { tokenProfiles } from '@countersign/protocol'
import { credentialMembers } from '../audit/events/kinds.ts'
import type { RealmKeys } from '../keys/realm-keys.ts'
import type { Realm } from '../realms/realm.ts'
import { isDraftStillValid } from './recheck-draft.ts'
import { openSigningKey } from './open-signing-key.ts'
import { mountOAuthEndpoint, type OAuthContext, type OAuthExchange } from './oauth-endpoint.ts'
import type { OAuthForm } from '../api/form.ts'
import { OAuthError } from '../errors.ts'
import { createTokenDrafter, signDraft } from '../token/draft-token.ts'
import { grantScope } from '../token/grant-scope.ts'

/** How often a token is drafted again for a client that keeps changing. */
const maxAttempts = 5

export function mountTokenEndpoint(app: FastifyInstance, context: OAuthContext, keys: RealmKeys): void {
  mountOAuthEndpoint(app, context, {
    paths: context.realm.addresses.map(({ tokenPath }) => tokenPath),
    endpoint: 'token',
    kind: 'token.request',
    judges: ['scope', 'resource', 'audience'],
    answer: createTokenAnswer(context, keys),
  })
}

/** Answers a token request with the JSON text of the response. @throws OAuthError */
export function createTokenAnswer(context: OAuthContext, keys: RealmKeys): (exchange: OAuthExchange) => Promise<string> {
  const { realm, audit, clock, cache, changes, futureCuts } = context
  const profile = tokenProfiles[realm.tokenProfile]
  const draftToken = createTokenDrafter(realm, cache.claimSets)

  return async (exchange) => {
    checkGrantType(exchange.form, realm)
    for (let attempt = 1; attempt <= maxAttempts; attempt++) {
      const answer = await tryToIssue(exchange)
      if (answer !== undefined) return answer
    }
    throw new OAuthError('token-service-unavailable', { reason: 'changed-meanwhile' })
  }

  /**
   * One attempt. Returns undefined if the signing key changed while the token was being issued, or the client changed in a way that affects
   * the token.
   */
  async function tryToIssue({ form, origin, authenticate }: OAuthExchange): Promise<string | undefined> {
    const { generation } = cache
    const authenticated = await authenticate()
    const { client, credential } = authenticated
    const granted = grantScope(realm, client, cache.claimSets, form)
    const key = keys.active(client.signingAlgorithm) ?? (await openSigningKey(keys, client, clock()))
    const draft = draftToken(client, granted, clock())
    futureCuts.checkAll(realm, client)
    const place = await audit
      .append({
        kind: 'token.request',
        outcome: 'success',
        realm: realm.name,
        organizationId: client.organization.id,
        clientId: client.clientId,
        address: origin.address,
        requestId: origin.requestId,
        callerRequestId: origin.callerRequestId,
        traceId: origin.traceId,
        detail: {
          tokenId: draft.tokenId,
          [credentialMembers[credential.kind]]: credential.id,
          ...(credential.keyId !== undefined && { clientKeyId: credential.keyId }),
          scope: granted.scope,
          keyId: key.kid,
          expiresAt: draft.expiresAt,
          ignoredMethod: authenticated.ignoredMethod,
        },
      })
      .catch((cause: unknown) => {
        throw new OAuthError('token-service-unavailable', { reason: 'audit-not-durable', cause })
      })
    // When the row was written, the store had a change that this node had not read: it may have ended the secret, or cut the tokens.
    if (place && !changes.isAt(place)) await changes.pullForRequest()
    if (keys.active(client.signingAlgorithm)?.kid !== key.kid) return undefined
    if (generation !== cache.generation && !(await isDraftStillValid(cache, authenticated, granted, draft, clock()))) return undefined
    // Signed only now: no token can leave before its audit row is on disk. The requests of a batch go on in one turn of the event loop,
    // so all of them are signed before the first response is written: 3 to 5 us less for each token (decisions/011). Nothing may
    // wait between append() and here unless something changed.
    const response = {
      accessToken: signDraft(draft, key),
      lifetimeSeconds: draft.lifetimeSeconds,
      scope: granted.answered,
      notBefore: realm.tokensNotBefore,
    }
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
