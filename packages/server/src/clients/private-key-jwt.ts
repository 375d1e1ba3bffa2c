// The method `private_key_jwt` (RFC 7523 §2.2, OpenID Connect Core §9): a client authenticates by a JWT that it signs with a private key.
// client-jwt.ts says what the JWT must be, find-signer.ts whose it is, used-assertions.ts that it was not used before.
import { isSigningAlgorithm } from '@countersign/protocol'
import type { CredentialRecord } from '../cache/records.ts'
import { assertionRules, clockToleranceSeconds } from './assertion-rules.ts'
import { createAssertionRate } from './assertion-rate.ts'
import type { CreateAssertionReader } from './client-assertions.ts'
import { createClientJwtParser, findClaimsFault } from './client-jwt.ts'
import { createFetchedKeys } from './fetched-keys.ts'
import { findSigner, fittingKeys, type KeyCandidate } from './find-signer.ts'
import { createMaterialReader } from './key-material.ts'
import { createUsedAssertions } from './used-assertions.ts'

/** RFC 7523 §2.2. */
export const assertionType = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

export const createJwtReader: CreateAssertionReader = ({ store, fetchJson, onFetchFailure }) => {
  const parse = createClientJwtParser()
  const readMaterial = createMaterialReader()
  const fetched = createFetchedKeys(readMaterial, fetchJson, onFetchFailure)
  const countUse = createAssertionRate()
  const used = createUsedAssertions(store)

  const candidatesOf = (credentials: readonly CredentialRecord[], now: number) =>
    credentials.flatMap((owner): KeyCandidate<CredentialRecord>[] => {
      const material = readMaterial(owner)
      const keys = material.jwksUri === undefined ? [material] : (fetched.find(owner, now) ?? [])
      return keys.map(({ keyId, algorithm, load }) => ({ keyId, algorithm, load, owner }))
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
        const signer = findSigner(jwt, candidatesOf(credentials, now))
        if (typeof signer !== 'string') return fault ?? { ...signer.owner, keyId: signer.keyId }
        return signer === 'unknown-assertion-key' && isMissing(credentials, now) ? 'client-keys-unavailable' : signer
      },
      /** Only for what could be right otherwise, and for a client that publishes its keys. */
      async prepare(credentials) {
        const published = credentials.find(isPublished)
        if (!published || fault !== undefined || !isSigningAlgorithm(jwt.algorithm)) return
        if (fittingKeys(jwt, candidatesOf(credentials, now)).length === 0) await fetched.refresh(published, now)
      },
      async use(client) {
        if (used.isKnown(client.id, String(jti))) return false // A copy does not count against its owner.
        countUse(client.id, now)
        return used.use(client.id, String(jti), (Number(exp) + clockToleranceSeconds) * 1000)
      },
    }
  }

  function isPublished(credential: CredentialRecord): boolean {
    return readMaterial(credential).jwksUri !== undefined
  }

  function isMissing(credentials: readonly CredentialRecord[], now: number): boolean {
    return credentials.some((credential) => isPublished(credential) && !fetched.find(credential, now))
  }
}
