// Operations on clients.
import { setJwksUri } from '../clients/add-keys.ts'
import { createClient, deleteClient, lowerClientCut, updateClient } from '../clients/clients.ts'
import { checkOperatorSettings } from '../clients/operator-settings.ts'
import { checkSigningAlgorithm } from '../clients/signing-algorithm.ts'
import { readClient } from '../cache/read-clients.ts'
import { findClient, noSuchClient } from '../clients/lock-client.ts'
import { readAndDescribeClient } from '../clients/describe-client.ts'
import { previewToken } from './preview-token.ts'
import { getOrganizationId, getRealm, type AdminContext, type AdminHandlers } from './handler-types.ts'
import { listClients } from './list-clients.ts'

export function clientHandlers({ realms, db, pepper, cache, clock, signingKeys, outbound }: AdminContext) {
  return {
    'clients.create': async ({ params, body }, change) => {
      const realm = getRealm(realms, params.realm)
      checkOperatorSettings(realms, realm, body)
      checkSigningAlgorithm(realm.name, signingKeys, body.signingAlgorithm)
      const { clientId, clientSecret } = await createClient(change, realm, pepper, body)
      if (body.jwksUri !== undefined) {
        const fault = outbound.findUrlFault(body.jwksUri)
        await setJwksUri(change, realm, await findClient(change, realm, clientId), { url: body.jwksUri, fault })
      }
      return { client: await readAndDescribeClient(change.db, realm, clientId), clientSecret }
    },
    'clients.list': async ({ params, query }) => {
      const realm = getRealm(realms, params.realm)
      const organizationId = query.organization === undefined ? undefined : await getOrganizationId(db, realm, query.organization)
      return listClients(db, realm, { ...query, organizationId }, clock())
    },
    'clients.get': ({ params }) => readAndDescribeClient(db, getRealm(realms, params.realm), params.client),
    'clients.previewToken': async ({ params, query }) => {
      const realm = getRealm(realms, params.realm)
      const client = await readClient(db, realm.name, params.client)
      if (!client) throw noSuchClient(realm, params.client)
      const keys = signingKeys.of(realm.name)
      await keys.open(client.signingAlgorithm ?? undefined)
      const key = keys.active(client.signingAlgorithm) ?? { kid: '', algorithm: client.signingAlgorithm ?? keys.algorithms()[0] }
      return previewToken(realm, client, query, { claimSets: cache.claimSets, now: clock(), key })
    },
    'clients.update': async ({ params, body }, change) => {
      const realm = getRealm(realms, params.realm)
      checkOperatorSettings(realms, realm, body)
      checkSigningAlgorithm(realm.name, signingKeys, body.signingAlgorithm)
      await updateClient(change, realm, params.client, body)
      return readAndDescribeClient(change.db, realm, params.client)
    },
    'clients.lowerCut': async ({ params, body }, change) => {
      const realm = getRealm(realms, params.realm)
      const { lowered } = await lowerClientCut(change, realm, params.client, body.reason)
      return { ...(await readAndDescribeClient(change.db, realm, params.client)), lowered }
    },
    'clients.delete': async ({ params }, change) => {
      await deleteClient(change, getRealm(realms, params.realm), params.client)
      return { deleted: true }
    },
  } satisfies Partial<AdminHandlers>
}
