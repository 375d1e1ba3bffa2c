// The realms of the configuration file, with the scopes and capabilities that they declare for other operations.
import type { OperationOutput } from '@countersign/admin'
import type { Realm } from '../realms/realm.ts'
import { toCutInstant } from '../api/instants.ts'
import { requiredVersion } from '../cache/dpa-versions.ts'
import { declaredCapabilities } from '../organizations/capabilities.ts'
import type { AdminContext, AdminHandlers } from './handler-types.ts'

export function realmHandlers({ realms, db, clock }: AdminContext) {
  return {
    'realms.list': async (_input, operator) => {
      const published = await db.selectFrom('dpa_versions').select(['realm', 'version', 'required_from']).execute()
      const describe = (realm: Realm): OperationOutput<'realms.list'>['items'][number] => ({
        name: realm.name,
        issuer: realm.issuer,
        tokenUrl: realm.tokenUrl,
        tokenProfile: realm.tokenProfile,
        scopes: [...realm.scopes],
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
  } satisfies Partial<AdminHandlers>
}
