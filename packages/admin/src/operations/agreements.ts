// The Data Processing Agreement: its versions, the instant from which each is required, and the acceptances.
import { z } from 'zod'
import type { Operation } from '../operation.ts'
import * as shapes from '../shapes.ts'
import { inRealm, ofOrganization } from './paths.ts'

export const agreementOperations = {
  'dpa.versions': {
    summary: 'List the versions of the Data Processing Agreement (DPA)',
    description: 'Highest version first. Includes the version that the configuration file requires, if any.',
    method: 'GET',
    path: '/admin/v1/realms/{realm}/dpa-versions',
    scope: 'organizations:read',
    status: 200,
    params: inRealm,
    query: shapes.pageQuery,
    output: shapes.page(shapes.dpaVersion),
  },
  'dpa.publish': {
    summary: 'Publish a version of the Data Processing Agreement (DPA)',
    description:
      'From "requiredFrom" on, organizations must have accepted this version or a higher one, unless a higher version is already required; until then, the requirement does not change. Fails with "conflict" if the realm already has this version. A published version cannot be changed or withdrawn.',
    method: 'POST',
    path: '/admin/v1/realms/{realm}/dpa-versions',
    scope: 'organizations:write',
    status: 201,
    params: inRealm,
    body: z.strictObject({
      version: shapes.newVersion,
      requiredFrom: shapes.instant.describe(
        'End of the grace period: from this instant on, calls of organizations that have accepted neither this version nor a higher one are rejected.',
      ),
      description: shapes.reason.optional().describe('Summary of the changes.'),
      reason: shapes.reason.optional(),
    }),
    output: shapes.dpaVersion,
  },
  'dpa.accept': {
    summary: 'Record that an organization accepted a version of the DPA',
    description:
      'Returns the organization. Fails with "invalid-request" if the realm has no DPA version, or the version is higher than all of them. An acceptance cannot be removed.',
    method: 'POST',
    path: '/admin/v1/realms/{realm}/organizations/{organization}/dpa-acceptances',
    scope: 'organizations:write',
    status: 201,
    params: ofOrganization,
    body: z.strictObject({
      version: shapes.version,
      acceptedBy: shapes.displayName.meta({ description: 'Name of the person who accepted it.', examples: ['Ada Lovelace, CFO'] }),
      reason: shapes.reason.optional(),
    }),
    output: shapes.organization,
    etag: true,
  },
  'dpa.acceptances': {
    summary: 'List the DPA versions that an organization accepted',
    description: 'Each entry has the version, the name of the person who accepted it and the time. Most recent first.',
    method: 'GET',
    path: '/admin/v1/realms/{realm}/organizations/{organization}/dpa-acceptances',
    scope: 'organizations:read',
    status: 200,
    params: ofOrganization,
    query: shapes.pageQuery,
    output: shapes.page(shapes.dpaAcceptance),
  },
} as const satisfies Record<string, Operation>
