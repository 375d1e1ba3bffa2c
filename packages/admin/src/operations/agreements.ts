// The Data Processing Agreement: its versions, the instant from which each is required, and the acceptances.
import { z } from 'zod'
import type { Operation } from '../operation.ts'
import * as shapes from '../shapes.ts'
import { agreementCounts, agreementStanding } from '../standing-shapes.ts'
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
    portal: { role: 'viewer' },
  },
  'dpa.publish': {
    summary: 'Publish a version of the Data Processing Agreement (DPA)',
    description:
      'From "requiredFrom" on, organizations must have accepted this version or a higher one, unless a higher version is already required; until then, the requirement does not change. Fails with "conflict" if the realm already has this version. The version that the configuration file requires can be published once, with its text. A published version cannot be changed or withdrawn.',
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
      text: shapes.agreementText.optional(),
      reason: shapes.reason.optional(),
    }),
    output: shapes.dpaVersion,
    // Each line end of the text is two bytes in JSON.
    bodyLimit: 2 ** 20,
  },
  'dpa.text': {
    summary: 'Get the text of a version of the DPA',
    description: 'Fails with "not-found" if the version was published without a text.',
    method: 'GET',
    path: '/admin/v1/realms/{realm}/dpa-versions/{version}/text',
    scope: 'organizations:read',
    status: 200,
    params: inRealm.extend({ version: shapes.version }),
    output: z.strictObject({ version: shapes.version, text: z.string(), digest: shapes.textDigest }).meta({ id: 'DpaText' }),
    portal: { role: 'viewer' },
  },
  'dpa.accept': {
    summary: 'Record that an organization accepted a version of the DPA',
    description:
      'Returns the organization. Fails with "invalid-request" if the realm has no DPA version, or the version is higher than all of them, and with "conflict" if "digest" is not that of its text. An acceptance cannot be removed.',
    method: 'POST',
    path: '/admin/v1/realms/{realm}/organizations/{organization}/dpa-acceptances',
    scope: 'organizations:write',
    status: 201,
    params: ofOrganization,
    body: z.strictObject({
      version: shapes.version,
      acceptedBy: shapes.displayName.meta({ description: 'Name of the person who accepted it.', examples: ['Ada Lovelace, CFO'] }),
      digest: shapes.textDigest
        .optional()
        .describe('Digest of the text that was accepted, as `dpa.text` returns it. Required in the portal if the version has a text.'),
      reason: shapes.reason.optional(),
    }),
    output: shapes.organization,
    etag: true,
    portal: { role: 'admin', without: ['reason'], hides: ['clients'] },
  },
  'dpa.standing': {
    summary: 'List which version of the DPA each organization has accepted',
    description:
      'Sorted by slug. Lists active organizations with an enabled client that calls APIs; clients of guards need no agreement. Fails with "invalid-request" for a version that the realm does not have.',
    method: 'GET',
    path: '/admin/v1/realms/{realm}/dpa-standing',
    scope: 'organizations:read',
    status: 200,
    params: inRealm,
    query: shapes.pageQuery.extend({
      standing: z.enum(['accepted', 'outdated', 'missing']).optional().describe('Return organizations that stand so.'),
      version: shapes.version.optional().describe('Version by which it is judged; the one that is required now if omitted.'),
    }),
    output: shapes.page(agreementStanding).extend({
      version: z.string().nullable().describe('Version by which it is judged; null if none is required, and then there are no items.'),
      counts: agreementCounts.optional().describe('Numbers of organizations, whatever "standing" says. On the first page only.'),
    }),
  },
  'dpa.acceptances': {
    summary: 'List the DPA versions that an organization accepted',
    description:
      'Each entry has the version, the name of the person who accepted it, the time, and the digest of the text. Most recent first.',
    method: 'GET',
    path: '/admin/v1/realms/{realm}/organizations/{organization}/dpa-acceptances',
    scope: 'organizations:read',
    status: 200,
    params: ofOrganization,
    query: shapes.pageQuery,
    output: shapes.page(shapes.dpaAcceptance),
    portal: { role: 'viewer', hides: ['items.acceptedBy'] },
  },
} as const satisfies Record<string, Operation>
