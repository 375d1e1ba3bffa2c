// Operations on the public keys of a client.
import { addKeys, setJwksUri } from '../clients/add-keys.ts'
import { lockClient } from '../clients/lock-client.ts'
import { readAndDescribeKeys, removeKey } from '../rotation/key-steps.ts'
import { getRealm, type AdminContext, type AdminHandlers } from './handler-types.ts'

export function keyHandlers(context: AdminContext) {
  const { realms, db } = context
  return {
    'keys.list': ({ params }) => readAndDescribeKeys(db, context, getRealm(realms, params.realm), params.client),
    'keys.add': async ({ params, body }, change) => {
      const realm = getRealm(realms, params.realm)
      const added = await addKeys(change, realm, await lockClient(change, realm, params.client), body)
      return { ...(await readAndDescribeKeys(change.db, context, realm, params.client)), added: [...added] }
    },
    'keys.setUri': async ({ params, body: { url, algorithm } }, change) => {
      const realm = getRealm(realms, params.realm)
      const client = await lockClient(change, realm, params.client)
      await setJwksUri(change, realm, client, { url, algorithm, fault: context.outbound.findUrlFault(url) })
      return readAndDescribeKeys(change.db, context, realm, params.client)
    },
    'keys.remove': async ({ params, body }, change) => {
      const realm = getRealm(realms, params.realm)
      await removeKey(change, context, realm, params.client, params.key, body)
      return readAndDescribeKeys(change.db, context, realm, params.client)
    },
  } satisfies Partial<AdminHandlers>
}
