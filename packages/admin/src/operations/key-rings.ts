// The pepper of client secrets and the key that encrypts signing keys: which versions are in use, and the end of an old one. The keys
// themselves are outside the store, so a new version is added on the machines of the servers.
import { z } from 'zod'
import type { Operation } from '../operation.ts'
import * as shapes from '../shapes.ts'

const none = z.strictObject({})

export const keyRingOperations = {
  'pepper.get': {
    summary: 'Get the state of the pepper',
    description:
      'The versions of the pepper, the nodes that have them, and what depends on each: client secrets, and the audit log as far as it was written without an audit key.',
    method: 'GET',
    path: '/admin/v1/pepper',
    scope: 'keys:read',
    status: 200,
    acrossRealms: 'refused',
    params: none,
    output: shapes.pepper,
  },
  'pepper.clients': {
    summary: 'List the clients with a secret under a version of the pepper',
    description:
      'Sorted by the internal id of the client. A secret moves to the current version at its next use; a client that is listed has not used its secret since the pepper was rotated.',
    method: 'GET',
    path: '/admin/v1/pepper/versions/{version}/clients',
    scope: 'keys:read',
    status: 200,
    acrossRealms: 'refused',
    params: shapes.keyVersionParams,
    query: shapes.pageQuery.extend({ realm: shapes.realmName.optional().describe('Return clients of this realm.') }),
    output: shapes.page(shapes.pepperClient),
  },
  'pepper.retire': {
    summary: 'Retire a version of the pepper',
    description:
      'Fails with "conflict" while a secret that has not expired, or the audit log, depends on the version, and for the current version. With "force" (and a "reason") up to 200 of these secrets are ended by each call; repeat the call until `retired` is true. It ends no secret without which no owner is left, and requires an owner. Afterwards no server needs the version: remove it from the key rings. Backups from before need it.',
    method: 'POST',
    path: '/admin/v1/pepper/versions/{version}/retire',
    scope: 'keys:write',
    status: 200,
    acrossRealms: 'refused',
    params: shapes.keyVersionParams,
    body: z
      .strictObject({
        force: z.boolean().default(false).describe('If true, secrets that still depend on the version are ended. Requires "reason".'),
        reason: shapes.reason.optional(),
      })
      .refine((body) => !body.force || body.reason !== undefined, {
        path: ['reason'],
        error: 'Expected a reason, because "force" is true',
      }),
    output: shapes.retiredPepper,
    destructive: true,
  },
  'keyEncryptionKey.get': {
    summary: 'Get the state of the key-encryption key',
    description: 'The versions of the key, the nodes that have them, and the number of private keys that are encrypted under each.',
    method: 'GET',
    path: '/admin/v1/key-encryption-key',
    scope: 'keys:read',
    status: 200,
    acrossRealms: 'refused',
    params: none,
    output: shapes.keyEncryptionKey,
  },
  'keyEncryptionKey.rewrap': {
    summary: 'Encrypt all private keys under the current version of the key-encryption key',
    description:
      'In one transaction, while all nodes serve. The keys themselves do not change. A key that cannot be decrypted stays as it is and is named.',
    method: 'POST',
    path: '/admin/v1/key-encryption-key/rewrap',
    scope: 'keys:write',
    status: 200,
    acrossRealms: 'refused',
    params: none,
    body: shapes.onlyReason,
    output: shapes.rewrapped,
  },
  'keyEncryptionKey.retire': {
    summary: 'Retire a version of the key-encryption key',
    description:
      'Fails with "conflict" while a private key is encrypted under the version, and for the current version. Afterwards no server needs the version: remove it from the key rings. Backups from before need it.',
    method: 'POST',
    path: '/admin/v1/key-encryption-key/versions/{version}/retire',
    scope: 'keys:write',
    status: 200,
    acrossRealms: 'refused',
    params: shapes.keyVersionParams,
    body: shapes.onlyReason,
    output: shapes.retiredVersion,
    destructive: true,
  },
} as const satisfies Record<string, Operation>
