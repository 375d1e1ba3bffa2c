// The realms of the configuration file, with the scopes and capabilities that they declare for other operations.
import type { OperationOutput } from '@countersign/admin'
import type { Realm } from '../realms/realm.ts'
import { toCutInstant } from '../api/instants.ts'
import { requiredVersion } from '../cache/dpa-versions.ts'
import { clientIdsOf } from '../clients/choose-client-id.ts'
import { declaredCapabilities } from '../organizations/capabilities.ts'
import { findInRealm } from './find-in-realm.ts'
import { getRealm, type AdminContext, type AdminHandlers } from './handler-types.ts'
import { createSummaries } from './summarize-realm.ts'

export function realmHandlers(context: AdminContext) {
  const { realms, db, clock } = context
  const summarize = createSummaries(context)
  return {
    'realms.list': async (_input, operator) => {
      const published = await db.selectFrom('dpa_versions').select(['realm', 'version', 'required_from']).execute()
      const describe = (realm: Realm): OperationOutput<'realms.list'>['items'][number] => ({
        name: realm.name,
        issuer: realm.issuer,
        tokenUrl: realm.tokenUrl,
        tokenProfile: realm.tokenProfile,
        scopes: [...realm.scopes],
        defaultScopes: [...realm.defaultScopes],
        clientIds: clientIdsOf(realm),
        capabilities: Object.fromEntries(
          Object.entries(declaredCapabilities(realm)).map(([name, kind]) => [name, kind === 'flag' ? kind : [...kind]]),
        ),
        rateLimitTiers: Object.keys(realm.rateLimitTiers),
        requiredDpaVersion: requiredVersion(
          realm,
          published.filter((version) => version.realm === realm.name),
          clock(),
        ),
        tokensNotBefore: toCutInstant(realm.tokensNotBefore),
      })
      return { items: [...realms.values()].filter(({ name }) => operator.realms?.includes(name) ?? true).map(describe), next: null }
    },
    'realms.summary': ({ params }, operator) => summarize(getRealm(realms, params.realm), operator.scopes),
    find: ({ params, query }, operator) => {
      const kinds = ['organization', 'partner', ...(operator.scopes.has('clients:read') ? ['client' as const] : [])] as const
      return findInRealm(db, getRealm(realms, params.realm), query.q, new Set(kinds))
    },
  } satisfies Partial<AdminHandlers>
}
