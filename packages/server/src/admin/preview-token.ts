// The token that a client would get now: the same steps as at the token endpoint, without a signature. What it says can be read before
// anyone gets it.
import type { OperationOutput } from '@countersign/admin'
import { tokenProfiles, type TokenProfile } from '@countersign/protocol'
import type { Cache } from '../cache/cache.ts'
import type { ClientRecord } from '../cache/records.ts'
import { OAuthError, ProblemError } from '../errors.ts'
import type { SigningKey } from '../keys/signing-keys.ts'
import type { Realm } from '../realms/realm.ts'
import { createTokenDrafter, signDraft } from '../token/draft-token.ts'
import { grantScope, type Granted } from '../token/grant-scope.ts'

/** In place of a signature: as long as most are. */
const noSignature = Buffer.alloc(256)

/** @throws ProblemError `invalid-request` for what the token endpoint would deny */
export function previewToken(
  realm: Realm,
  client: ClientRecord,
  request: { readonly scope?: string | undefined; readonly resource?: string | undefined },
  { claimSets, now, key }: { readonly claimSets: Cache['claimSets']; readonly now: number; readonly key: Omit<SigningKey, 'sign'> },
): OperationOutput<'clients.previewToken'> {
  const granted = decide(realm, client, claimSets, request)
  const draft = createTokenDrafter(realm, claimSets)(client, granted, now)
  const profile: TokenProfile = tokenProfiles[realm.tokenProfile]
  const token = signDraft(draft, { ...key, sign: () => noSignature })
  const facts = { lifetimeSeconds: draft.lifetimeSeconds, scope: granted.answered, notBefore: realm.tokensNotBefore }
  const { access_token: _, ...response } = profile.response({ ...facts, accessToken: '' })
  return {
    header: JSON.parse(Buffer.from(token.slice(0, token.indexOf('.')), 'base64url').toString()),
    claims: JSON.parse(draft.claims),
    response,
    bytes: token.length,
  }
}

function decide(
  realm: Realm,
  client: ClientRecord,
  claimSets: Cache['claimSets'],
  { scope, resource }: { readonly scope?: string | undefined; readonly resource?: string | undefined },
): Granted {
  try {
    // As in a form, an empty parameter counts as absent.
    return grantScope(realm, client, claimSets, { ...(scope && { scope }), ...(resource && { resource }) })
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error
    const isTarget = error.code === 'invalid-target'
    throw new ProblemError('invalid-request', {
      detail: error.details.description ?? `The token endpoint would deny this request: ${error.message}.`,
      ...(isTarget && { remedy: 'Name the audience of an API that the client has a scope of, or one of its grants.' }),
      errors: [
        {
          pointer: isTarget ? '/query/resource' : '/query/scope',
          detail: `the token endpoint would answer ${error.code.replace('-', '_')}`,
        },
      ],
    })
  }
}
