// The method `private_key_jwt` (RFC 7523 §2.2, OpenID Connect Core §9): a client authenticates by a JWT that it signs with a private key.
// client-jwt.ts says what the JWT must be, find-signer.ts whose it is, used-assertions.ts that it was not used before.
import type { CredentialRecord } from '../cache/records.ts'
import { assertionRules, clockToleranceSeconds } from './assertion-rules.ts'
import { createAssertionRate } from './assertion-rate.ts'
import type { CreateAssertionReader } from './client-assertions.ts'
import { createClientJwtParser, findClaimsFault } from './client-jwt.ts'
import { findSigner } from './find-signer.ts'
import { createKeyImporter } from './key-material.ts'
import { createUsedAssertions } from './used-assertions.ts'

/** RFC 7523 §2.2. */
export const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

export const createJwtReader: CreateAssertionReader = (store) => {
  const parse = createClientJwtParser()
  const keyOf = createKeyImporter()
  const countUse = createAssertionRate()
  const used = createUsedAssertions(store)

  const namedKeys = (credentials: readonly CredentialRecord[]) =>
    credentials.flatMap((owner) => {
      const key = keyOf(owner)
      return key ? [{ key, owner }] : []
    })

  return (form, realm, now) => {
    if (form.client_assertion === undefined || form.client_assertion_type !== assertionType) return undefined
    const jwt = parse(form.client_assertion)
    if (!jwt) return 'malformed-assertion'
    const { clientId } = jwt
    if (form.client_id !== undefined && form.client_id !== clientId) return 'client-ids-differ' // RFC 7521 §4.2
    const fault = findClaimsFault(jwt, assertionRules(realm), now)
    const { jti, exp } = jwt.payload
    return {
      clientId,
      method: 'private_key_jwt',
      findCredential(credentials) {
        // Also for wrong claims, so that every denial costs the same.
        const signer = findSigner(jwt, namedKeys(credentials))
        return typeof signer === 'string' ? signer : (fault ?? signer.owner)
      },
      async use(client) {
        countUse(client.id, now)
        return used.use(client.id, String(jti), (Number(exp) + clockToleranceSeconds) * 1000)
      },
    }
  }
}
