// The partners of the bearer's organization, in pages: for organizations whose GET /v1/me has only their number.
import type { FastifyInstance } from 'fastify'
import type { Kysely } from 'kysely'
import { operations, type CheckedInput } from '@countersign/admin'
import { meRequirement } from '@countersign/guard'
import { checkParts } from '../api/check-parts.ts'
import { forbidStorage } from '../api/no-store.ts'
import type { Endpoint } from '../http/endpoints.ts'
import { readPartnersPage } from '../organizations/partners.ts'
import type { Schema } from '../store/schema.ts'

/** @param app has a guard */
export function mountOwnPartners(app: FastifyInstance, db: Kysely<Schema>, mePath: string, endpoint: Endpoint): void {
  forbidStorage(app)
  app.get(`${mePath}/partners`, { config: { requires: meRequirement, endpoint } }, (request) => {
    const checked = checkParts({ query: [operations['partners.ofOrganization'].query, request.query] })
    const { query } = checked as Pick<CheckedInput<'partners.ofOrganization'>, 'query'>
    return readPartnersPage(db, request.access.entitlement.organization.rights.id, query)
  })
}
