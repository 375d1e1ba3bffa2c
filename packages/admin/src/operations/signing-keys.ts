// The keys with which a realm signs its tokens: staged, active, retiring, retired, and compromised from any state. By themselves they are
// replaced as the realm's `signingKeys` says; these operations are for the other occasions.
import { z } from 'zod'
import type { Operation } from '../operation.ts'
import * as shapes from '../shapes.ts'
import { changedSigningKey, importedKey, signingKey, signingKeyId } from '../signing-key-shapes.ts'
import { inRealm } from './paths.ts'

const ofSigningKey = inRealm.extend({ key: signingKeyId })

export const signingKeyOperations = {
  'signingKeys.list': {
    summary: 'List the signing keys of a realm',
    description:
      'Newest first: the keys that the JWKS has, and with "ended" also retired and compromised ones. A realm has one active key for each of its algorithms, and one in reserve, with several servers two.',
    method: 'GET',
    path: '/admin/v1/realms/{realm}/signing-keys',
    scope: 'keys:read',
    status: 200,
    params: inRealm,
    query: shapes.pageQuery.extend({
      ended: shapes.truthInQuery.default(false).describe('If true, include keys that are retired or compromised.'),
    }),
    output: shapes.page(signingKey),
  },
  'signingKeys.stage': {
    summary: 'Stage a signing key: make it and publish it',
    description:
      'The key is in the JWKS from now on and signs nothing yet. It can be activated when it has been published for `publishBefore` of the realm, so that verifiers know it before they need it. Fails with "invalid-request" for an algorithm that the realm does not have, and with "conflict" if the realm has too many staged keys of it.',
    method: 'POST',
    path: '/admin/v1/realms/{realm}/signing-keys',
    scope: 'keys:write',
    status: 201,
    params: inRealm,
    body: z.strictObject({
      algorithm: shapes.signingAlgorithm.optional().describe("Algorithm of the key; that of the realm's own tokens if omitted."),
      reason: shapes.reason.optional(),
    }),
    output: changedSigningKey,
  },
  'signingKeys.import': {
    summary: 'Import a private key, to sign with',
    description:
      'The key is staged, like one made here. For a realm that takes over the issuer of another server: with the "kid" that verifiers know, and "alreadyPublished". Fails with "invalid-request" if it is no private key, too weak, or does not fit the algorithm or the certificates, and with "conflict" if the key or its id was ever used here. The holder of a signing key can sign for every client of the realm, so where one of them has `operatorScopes`, only an owner may import one ("owner-required").',
    method: 'POST',
    path: '/admin/v1/realms/{realm}/signing-keys/import',
    scope: 'keys:write',
    status: 201,
    params: inRealm,
    body: importedKey.extend({ reason: shapes.reason.optional() }),
    output: changedSigningKey,
    bringsSigningKey: true,
    bodyLimit: 256 * 1024,
  },
  'signingKeys.activate': {
    summary: 'Activate a staged signing key: sign with it from now on',
    description:
      'The key that signed before retires: it stays in the JWKS until its last token has expired. Fails with "conflict" before `maySignFrom`, because verifiers that have not fetched the JWKS since would reject the tokens. "emergency" (with a "reason") waits only until every node publishes the key, and fails before `maySignInEmergencyFrom`.',
    method: 'POST',
    path: '/admin/v1/realms/{realm}/signing-keys/{key}/activate',
    scope: 'keys:write',
    status: 200,
    params: ofSigningKey,
    body: z
      .strictObject({
        emergency: z
          .boolean()
          .default(false)
          .describe(
            'If true, activate the key although verifiers may not know it yet: those that keep a JWKS reject its tokens until they fetch it again. Requires "reason".',
          ),
        reason: shapes.reason.optional(),
      })
      .refine((body) => !body.emergency || body.reason !== undefined, {
        path: ['reason'],
        error: 'Expected a reason, because "emergency" is true',
      }),
    output: changedSigningKey,
  },
  'signingKeys.retire': {
    summary: 'Retire a signing key: remove it from the JWKS',
    description:
      'For a retiring key whose tokens have all expired; the server does it by itself. Its private key is erased. Fails with "conflict" before `keptUntil`. An active key whose algorithm the realm has no longer becomes retiring. To end an active key, activate another one; to end a key before its time, mark it compromised.',
    method: 'POST',
    path: '/admin/v1/realms/{realm}/signing-keys/{key}/retire',
    scope: 'keys:write',
    status: 200,
    params: ofSigningKey,
    body: shapes.onlyReason,
    output: changedSigningKey,
  },
  'signingKeys.compromise': {
    summary: 'Mark a signing key as compromised (emergency)',
    description:
      'From now on this server and its guards reject all tokens that were signed with it; verifiers of others accept them until they fetch the JWKS again. Its private key is erased, and it leaves the JWKS. If it was active, the key in reserve signs from the next request on; without one that may sign, token requests get 503 until `noSignatureUntil`. Also removes a staged key that is not wanted. This cannot be undone.',
    method: 'POST',
    path: '/admin/v1/realms/{realm}/signing-keys/{key}/compromise',
    scope: 'keys:write',
    status: 200,
    params: ofSigningKey,
    body: z.strictObject({ reason: shapes.reason }),
    output: changedSigningKey,
    destructive: true,
  },
} as const satisfies Record<string, Operation>
