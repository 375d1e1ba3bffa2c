// The common form of every change to an organization: look up the realm, apply one step, return the organization as the change
// leaves it.
import type { OperationOutput } from '@countersign/admin'
import type { Realm } from '../realms/realm.ts'
import type { Change } from '../change/apply-change.ts'
import { describeOrganization } from '../organizations/describe-organization.ts'
import { getRealm, type AdminContext } from './handler-types.ts'

export function changesOfOrganizations({ realms, cache }: AdminContext) {
  return async (
    params: { readonly realm: string; readonly organization: string },
    change: Change,
    step: (realm: Realm, key: string) => Promise<{ readonly id: string }>,
  ): Promise<OperationOutput<'organizations.get'>> => {
    const realm = getRealm(realms, params.realm)
    const { id } = await step(realm, params.organization)
    return describeOrganization(change.db, cache, realm, id)
  }
}
