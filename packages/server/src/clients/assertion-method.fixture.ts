// An authentication method for tests: an Ed25519 signature over a client id, an identifier and an expiry. Importing this file adds its rows
// to the tables that a method adds rows to; the server has to be started afterwards.
import { generateKeyPairSync, createPublicKey, sign, verify, type KeyObject } from 'node:crypto'
import { clientAuthenticationMethods, type ClientAuthenticationMethodName, type CredentialKind } from '@countersign/protocol'
import { credentialMembers } from '../audit/events/kinds.ts'
import type { CredentialRecord } from '../cache/records.ts'
import { assertionReaders } from './assertion-readers.ts'
import type { CreateAssertionReader, ReadAssertion } from './client-assertions.ts'

export const method = 'test_assertion' as ClientAuthenticationMethodName
export const kind = 'test_key' as CredentialKind
const assertionType = 'urn:example:test-assertion'

Object.assign(clientAuthenticationMethods, { [method]: { credentialsIn: 'body', credentialKind: kind, description: 'for tests' } })
Object.assign(credentialMembers, { [kind]: 'testKeyId' })
;(assertionReaders as CreateAssertionReader[]).push(createTestReader)

export function createKeys() {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  return { privateKey, material: publicKey.export({ format: 'der', type: 'spki' }) }
}

/** The parameters that present an assertion. */
export function assertionBy(key: KeyObject, clientId: string, identifier: string, expiresAt = Number.MAX_SAFE_INTEGER) {
  const signed = `${clientId} ${identifier} ${expiresAt}`
  const assertion = `${signed} ${sign(null, Buffer.from(signed), key).toString('base64url')}`
  return { client_assertion_type: assertionType, client_assertion: assertion }
}

/** Verified against for a client without keys. */
const noKey = createKeys().material

export function createTestReader(): ReadAssertion {
  const used = new Set<string>()
  return (form, _realm, now) => {
    if (form.client_assertion_type !== assertionType || form.client_assertion === undefined) return undefined
    const [clientId, identifier, expiresAt, signature, ...rest] = form.client_assertion.split(' ')
    if (!clientId || !identifier || !expiresAt || !signature || rest.length > 0) return 'malformed-assertion'
    if (form.client_id !== undefined && form.client_id !== clientId) return 'client-ids-differ'
    const signed = Buffer.from(`${clientId} ${identifier} ${expiresAt}`)
    const isBy = (material: Uint8Array) =>
      verify(
        null,
        signed,
        createPublicKey({ key: Buffer.from(material), format: 'der', type: 'spki' }),
        Buffer.from(signature, 'base64url'),
      )
    return {
      clientId,
      method,
      findCredential(credentials: readonly CredentialRecord[]) {
        if (credentials.length === 0) isBy(noKey)
        const found = credentials.find(({ material }) => isBy(material))
        if (!found) return 'wrong-assertion'
        return Number(expiresAt) > now ? found : 'expired-assertion'
      },
      use(client) {
        const name = `${client.id} ${identifier}`
        return !used.has(name) && used.add(name) !== undefined
      },
    }
  }
}
