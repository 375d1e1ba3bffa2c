// Public keys by which a client authenticates, instead of a secret or beside it: it signs a JWT with the private key.
import { z } from 'zod'
import { keyMethodName } from '@countersign/protocol'
import type { Operation } from '../operation.ts'
import * as shapes from '../shapes.ts'
import { ofClient } from './paths.ts'

export const keyOperations = {
  'keys.list': {
    summary: 'List the public keys of a client',
    description: 'Newest first, with the times of their first and last use.',
    method: 'GET',
    path: '/admin/v1/realms/{realm}/clients/{client}/keys',
    scope: 'clients:read',
    status: 200,
    params: ofClient,
    output: shapes.clientKeys,
    etag: true,
  },
  'keys.add': {
    summary: 'Register a public key of a client',
    description: `From then on, assertions that are signed with its private key authenticate the client. The first key adds the method "${keyMethodName}" to the client. Add the new key first and remove the old one later to rotate a key; a client can have 10. Fails with "invalid-request" if it is no public key, if it is too weak or if it has private members, and with "conflict" if the client has a key with the same id or too many keys.`,
    method: 'POST',
    path: '/admin/v1/realms/{realm}/clients/{client}/keys',
    scope: 'secrets:write',
    status: 201,
    params: ofClient,
    body: shapes.keyInput.extend({ reason: shapes.reason.optional() }),
    output: shapes.clientKeys.extend({ added: z.array(shapes.uuid).describe('Ids of the keys that this call registered.') }),
    etag: true,
  },
  'keys.setUri': {
    summary: 'Set the URL where a client publishes its public keys (jwks_uri)',
    description:
      'The server fetches the JWK Set there when an assertion needs it: at most once a minute, by https, from public addresses only, without following redirects, 64 kB and 20 keys at most. A key that leaves the set is accepted for 5 minutes, or for an hour while the URL cannot be fetched. Replaces the URL before; the list of keys shows it, and "keys.remove" removes it. Fails with "invalid-request" for a URL that the server would not fetch.',
    method: 'PUT',
    path: '/admin/v1/realms/{realm}/clients/{client}/jwks-uri',
    scope: 'secrets:write',
    status: 200,
    params: ofClient,
    body: z.strictObject({
      url: shapes.jwksUri,
      algorithm: shapes.keyInput.shape.algorithm.describe('Algorithm of RSA keys in the set that name none ("alg"); RS256 if omitted.'),
      reason: shapes.reason.optional(),
    }),
    output: shapes.clientKeys,
    etag: true,
  },
  'keys.remove': {
    summary: 'Remove a public key of a client immediately',
    description:
      'Assertions that are signed with it no longer authenticate the client. Fails with "other-key-unproven" if the key was used and no other key or secret of the client ever was, and with "key-in-use" if it was used too recently, or tokens requested with it may still be valid. "force" (with a "reason") skips both checks, as for a key that was stolen. A removed key can be registered again.',
    method: 'POST',
    path: '/admin/v1/realms/{realm}/clients/{client}/keys/{key}/remove',
    scope: 'secrets:write',
    status: 200,
    params: ofClient.extend({ key: shapes.uuid.describe('Id of the key, as the list of keys shows it.') }),
    body: z
      .strictObject({
        force: z
          .boolean()
          .default(false)
          .describe('If true, remove the key even if it is in use or no other one was ever used. Requires "reason".'),
        reason: shapes.reason.optional(),
        cutTokens: z
          .boolean()
          .default(false)
          .describe('If true, all tokens of the client issued before now are rejected, as for a stolen key.'),
      })
      .refine((body) => !body.force || body.reason !== undefined, {
        path: ['reason'],
        error: 'Expected a reason, because "force" is true',
      }),
    output: shapes.clientKeys,
    etag: true,
    destructive: true,
  },
} as const satisfies Record<string, Operation>
