// Operations on claim sets.
import { createClaimSet, deleteClaimSet, describeClaimSet, describeRow, updateClaimSet } from '../clients/claim-sets.ts'
import { readPage } from '../api/page.ts'
import { getRealm, type AdminContext, type AdminHandlers } from './handler-types.ts'

export function claimSetHandlers({ realms, db }: AdminContext) {
  return {
    'claimSets.create': async ({ params, body }, change) => {
      const realm = getRealm(realms, params.realm)
      await createClaimSet(change, realm, body)
      return describeClaimSet(change.db, realm, body.name)
    },
    'claimSets.list': async ({ params, query }) => {
      const realm = getRealm(realms, params.realm)
      const ofRealm = db.selectFrom('claim_sets').selectAll().where('realm', '=', realm.name)
      const { rows, next } = await readPage(ofRealm, { by: 'name', column: 'name', holds: 'string', id: 'name' }, query)
      return { items: await Promise.all(rows.map((row) => describeRow(db, row))), next }
    },
    'claimSets.get': ({ params }) => describeClaimSet(db, getRealm(realms, params.realm), params.claimSet),
    'claimSets.update': async ({ params, body }, change) => {
      const realm = getRealm(realms, params.realm)
      await updateClaimSet(change, realm, params.claimSet, body)
      return describeClaimSet(change.db, realm, params.claimSet)
    },
    'claimSets.delete': async ({ params }, change) => {
      await deleteClaimSet(change, getRealm(realms, params.realm), params.claimSet)
      return { deleted: true }
    },
  } satisfies Partial<AdminHandlers>
}
