// The agreement, for an organization itself: accepted by a person with the role for it, by the text that it has.
import { listAcceptances } from '../admin/list-acceptances.ts'
import { ProblemError } from '../errors.ts'
import type { OwnHandlers } from '../operators/operation-mount.ts'
import { acceptDpa } from '../organizations/agreements.ts'
import { describeOrganization } from '../organizations/describe-organization.ts'
import type { OwnContext } from './own-context.ts'
import { ownPlaceOf } from './own-place.ts'

export function ownAgreement({ realms, db, cache }: OwnContext) {
  return {
    'dpa.accept': async ({ body: { version, acceptedBy, digest } }, access, change) => {
      const { realm, organizationId, person } = ownPlaceOf(realms, access)
      if (!person) throw new ProblemError('insufficient-scope', { detail: 'Only a person accepts the agreement.' })
      await acceptDpa(change, realm, organizationId, { version, acceptedBy, digest, person: person.id })
      return describeOrganization(change.db, cache, realm, organizationId)
    },
    'dpa.acceptances': async ({ query }, access) => {
      const { organizationId, person } = ownPlaceOf(realms, access)
      const { items, next } = await listAcceptances(db, organizationId, query)
      return { items: person ? items : items.map((item) => Object.assign(item, { person: null })), next }
    },
  } satisfies OwnHandlers
}
