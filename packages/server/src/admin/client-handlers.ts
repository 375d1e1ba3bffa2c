// Operations on clients.
import { createClient, updateClient } from '../clients/clients.ts'
import { readAndDescribeClient } from './describe.ts'
import { getRealm, type AdminContext, type AdminHandlers } from './handler.ts'

export function clientHandlers({ realms, db, pepper }: AdminContext) {
  return {
    'clients.create': async ({ params, body }, change) => {
      const realm = getRealm(realms, params.realm)
      const { clientId, clientSecret } = await createClient(change, realm, pepper, body)
      return { client: await readAndDescribeClient(change.db, realm, clientId), clientSecret }
    },
    'clients.get': ({ params }) => readAndDescribeClient(db, getRealm(realms, params.realm), params.client),
    'clients.update': async ({ params, body }, change) => {
      const realm = getRealm(realms, params.realm)
      await updateClient(change, realm, params.client, body)
      return readAndDescribeClient(change.db, realm, params.client)
    },
  } satisfies AdminHandlers
}
