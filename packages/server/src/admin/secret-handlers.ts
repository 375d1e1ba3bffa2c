// Operations on the secrets of a client.
import { readAdvisedRotation } from '../rotation/advised-end.ts'
import { listDueSecrets } from '../rotation/due-secrets.ts'
import { cancelRotation, confirmRotation, extendRotation, revokeSecret, startRotation } from '../rotation/rotation-steps.ts'
import { listRotations } from '../standing/list-rotations.ts'
import { getOrganizationId, getRealm, type AdminContext, type AdminHandlers } from './handler-types.ts'

export function secretHandlers(context: AdminContext) {
  const { realms, db, clock } = context
  return {
    'rotation.get': ({ params }) => readAdvisedRotation(db, context, getRealm(realms, params.realm), params.client, clock()),
    'rotation.list': async ({ params, query: { organization, ...query } }) => {
      const realm = getRealm(realms, params.realm)
      const organizationId = organization === undefined ? undefined : await getOrganizationId(db, realm, organization)
      return listRotations(db, realm, { ...query, organizationId }, clock())
    },
    'rotation.start': ({ params, body: { secretExpiresAt, ...start } }, change) => {
      const endsAt = typeof secretExpiresAt === 'string' ? Date.parse(secretExpiresAt) : secretExpiresAt
      return startRotation(change, context, getRealm(realms, params.realm), params.client, {
        ...start,
        secretExpiresAt: endsAt,
        by: 'operator',
      })
    },
    'rotation.confirm': ({ params, body }, change) => confirmRotation(change, context, getRealm(realms, params.realm), params.client, body),
    'rotation.cancel': ({ params }, change) => cancelRotation(change, context, getRealm(realms, params.realm), params.client, 'operator'),
    'rotation.extend': ({ params, body }, change) =>
      extendRotation(change, context, getRealm(realms, params.realm), params.client, body.window),
    'secrets.revoke': ({ params, body }, change) =>
      revokeSecret(change, context, getRealm(realms, params.realm), params.client, params.secret, body),
    'secrets.due': ({ params, query }) => listDueSecrets(db, getRealm(realms, params.realm), clock(), query),
  } satisfies Partial<AdminHandlers>
}
