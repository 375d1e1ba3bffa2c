// Operations on clients.
import { setJwksUri } from '../clients/add-keys.ts'
import { createClient, deleteClient, lowerClientCut, updateClient } from '../clients/clients.ts'
import { checkOperatorSettings } from '../clients/operator-settings.ts'
import { checkSigningAlgorithm } from '../clients/signing-algorithm.ts'
import { readClient, toClient } from '../cache/read-clients.ts'
import { readSecrets } from '../cache/read-secrets.ts'
import { findClient, noSuchClient } from '../clients/lock-client.ts'
import { describeClient, readAndDescribeClient } from '../clients/describe-client.ts'
import { previewToken } from './preview-token.ts'
import { getOrganizationId, getRealm, type AdminContext, type AdminHandlers } from './handler-types.ts'
import { contains, readPage, searchPage, type Order } from '../api/page.ts'

const orders: Record<string, Pick<Order, 'column' | 'holds'>> = {
  clientId: { column: 'client_id', holds: 'string' },
  createdAt: { column: 'clients.created_at', holds: 'number' },
}

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
    'clients.list': async ({ params, query: { sort, organization, enabled, signingAlgorithm, claimSet, search, ...page } }) => {
      const realm = getRealm(realms, params.realm)
      let query = db
        .selectFrom('clients')
        .innerJoin('organizations', 'organizations.id', 'clients.organization_id')
        .selectAll('clients')
        .select(['organizations.slug', 'organizations.name as organization_name', 'organizations.status'])
        .select('organizations.tokens_not_before as organization_tokens_not_before')
        .where('clients.realm', '=', realm.name)
      let all = db.selectFrom('clients').where('clients.realm', '=', realm.name)
      if (organization !== undefined) {
        const organizationId = await getOrganizationId(db, realm, organization)
        query = query.where('organization_id', '=', organizationId)
        all = all.where('organization_id', '=', organizationId)
      }
      if (enabled !== undefined) query = query.where('enabled', '=', Number(enabled))
      if (signingAlgorithm !== undefined) query = query.where('signing_algorithm', '=', signingAlgorithm)
      if (search !== undefined) query = query.where(contains(['client_id', 'clients.name'], search))
      const order = { by: sort, ...orders[sort.replace('-', '')]!, id: 'clients.id' }
      if (claimSet !== undefined) query = query.where('claim_set', '=', claimSet)
      const isSearch = enabled !== undefined || claimSet !== undefined || signingAlgorithm !== undefined || search !== undefined
      const { rows, next } = isSearch ? await searchPage(db, query, all, order, page) : await readPage(query, order, page)
      const secrets = await readSecrets(
        db,
        rows.map(({ id }) => id),
      )
      const items = rows.map((row) => {
        const { organization_id: id, slug, organization_name: name, status, organization_tokens_not_before: tokensNotBefore } = row
        return describeClient(realm, toClient(row, { id, slug, name, status, tokensNotBefore }, { secrets: secrets.get(row.id) ?? [] }))
      })
      return { items, next }
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
