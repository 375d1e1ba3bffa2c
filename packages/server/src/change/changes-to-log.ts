// Computes the rows of the change log for the records of one change: without duplicates, and no more than other nodes can apply one by
// one.
import type { LoggedChange } from '../store/change-log.ts'
import type { Recorded } from './apply-change.ts'

/**
 * If a change has more rows than this for one realm, one row for the whole realm is logged instead of them; nodes then clear all entries of
 * the realm and read them again on demand.
 */
export const maxLoggedOfRealm = 100

export function changesToLog(records: readonly Recorded[]): LoggedChange[] {
  const ofRealms = Map.groupBy(records.flatMap(toLogged), ({ realm }) => realm)
  return [...ofRealms].flatMap(([realm, all]) => {
    const changes = withoutRepeats(all)
    const [keys, others] = [changes.filter(isOfRealmAlone), changes.filter((change) => !isOfRealmAlone(change))]
    const isOfRealm = others.length > maxLoggedOfRealm || others.some(({ organizationId }) => organizationId === null)
    return (isOfRealm ? [{ realm, organizationId: null, what: 'any', subject: null, clientId: null }] : others).concat(keys)
  })
}

/** What is not about any organization. */
function isOfRealmAlone({ what }: LoggedChange): boolean {
  return what === 'keys' || what === 'claims' || what === 'partners'
}

function toLogged({ subject, changed, organizations }: Recorded): LoggedChange[] {
  const { realm, organizationId = null, clientId = null, tokenId = null, keyId = null } = subject
  switch (changed) {
    case 'nothing':
      return []
    case 'keys':
    case 'claims':
    case 'partners':
      return [{ realm, organizationId: null, what: changed, subject: changed === 'keys' ? keyId : null, clientId: null }]
    case 'rights':
      return (organizations ?? [organizationId]).map((id) => ({ realm, organizationId: id, what: changed, subject: null, clientId: null }))
    case 'client':
    case 'token':
      return [{ realm, organizationId, what: changed, subject: changed === 'client' ? clientId : tokenId, clientId }]
  }
}

function withoutRepeats(changes: readonly LoggedChange[]): LoggedChange[] {
  return [
    ...new Map(changes.map((change) => [JSON.stringify([change.organizationId, change.what, change.subject]), change] as const)).values(),
  ]
}
