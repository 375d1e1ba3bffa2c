// The token endpoint (RFC 6749 §3.2 and §4.4). One request, top to bottom; the address was admitted and the body was read
// in oauth/oauth-endpoint.ts. A step returns a value or throws; refusals.ts turns what is thrown into a response.
import type { FastifyInstance } from 'fastify'
import { tokenProfiles } from '@countersign/protocol'
import type { RealmKeys } from '../keys/signing-keys.ts'
import type { Realm } from '../realms/realm.ts'
import { mountOAuthEndpoint, type OAuthContext } from './oauth-endpoint.ts'
import type { OAuthForm } from './form.ts'
import { OAuthError } from '../errors.ts'
import { createTokenDrafter } from '../token/draft-token.ts'
import { grantScope } from '../token/grant-scope.ts'

/** @param keys undefined where the key of the realm cannot be opened */
export function mountTokenEndpoint(app: FastifyInstance, context: OAuthContext, keys: RealmKeys | undefined): void {
  const { realm, audit, clock } = context
  const profile = tokenProfiles[realm.tokenProfile]
  const draftToken = keys && createTokenDrafter(realm, keys.active)

  mountOAuthEndpoint(app, context, {
    path: realm.tokenPath,
    endpoint: 'token',
    kind: 'token.request',
    answer: async ({ form, origin, authenticate }) => {
      checkGrantType(form, realm)
      const { client, secretId } = await authenticate()
      checkTarget(form, realm)
      const scope = grantScope(client.scopes, form.scope)
      if (!draftToken) throw new OAuthError('token-service-unavailable', { reason: 'signing-key-damaged' })
      const draft = draftToken(client, scope, clock())
      await audit
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
          detail: { tokenId: draft.tokenId, secretId, scope, keyId: keys.active.kid, expiresAt: draft.expiresAt },
        })
        .catch((cause: unknown) => {
          throw new OAuthError('token-service-unavailable', { reason: 'audit-not-durable', cause })
        })
      // Signed only now: nothing can leave before its row is on disk, and the signatures of a batch follow each other,
      // which costs a third less than one between every two requests (decisions/011).
      const response = { accessToken: draft.sign(), lifetimeSeconds: draft.lifetimeSeconds, scope, notBefore: realm.tokensNotBefore }
      return JSON.stringify(profile.response(response))
    },
  })
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
