// Counts token requests by client and credential. A client that only was named counts without a credential: anybody can name it.
import type { FastifyRequest } from 'fastify'
import { ConnectionRefused, OAuthError, RequestAborted } from '../errors.ts'
import { toExpectedError } from '../http/answer-error.ts'
import type { OrganizationCounters } from '../monitoring/organization-counters.ts'
import type { Realm } from '../realms/realm.ts'
import type { Usage } from '../usage/usage.ts'

interface UsageContext {
  readonly realm: Pick<Realm, 'name'>
  readonly usageCounts: Usage
  readonly organizations: Pick<OrganizationCounters, 'count'>
}

export function countIssued({ realm, usageCounts, organizations }: UsageContext, { authenticated }: FastifyRequest): void {
  organizations.count(realm.name, authenticated?.client.organization, true)
  usageCounts.count({
    realm: realm.name,
    clientId: authenticated?.client.clientId ?? null,
    organizationId: authenticated?.client.organization.id ?? null,
    what: 'token',
    subject: authenticated?.credential.id ?? null,
    outcome: 'issued',
    count: 1,
  })
}

/** What got no response was no refusal. */
export function countRefused({ realm, usageCounts, organizations }: UsageContext, { authenticated }: FastifyRequest, error: Error): void {
  if (error instanceof ConnectionRefused || error instanceof RequestAborted) return
  organizations.count(realm.name, authenticated?.client.organization, false)
  const named = error instanceof OAuthError ? error.details : undefined
  usageCounts.count({
    realm: realm.name,
    clientId: authenticated?.client.clientId ?? named?.clientId ?? null,
    organizationId: authenticated?.client.organization.id ?? named?.organizationId ?? null,
    what: 'token',
    subject: authenticated?.credential.id ?? null,
    outcome: toExpectedError(error, true).code,
    count: 1,
  })
}
