// The Data Processing Agreement: its versions, from when on each is required, and who accepted which.
import { z } from 'zod'
import type { Operation } from '../operation.ts'
import * as shapes from '../shapes.ts'
import { inRealm, ofOrganization } from './paths.ts'

export const agreementOperations = {
  'dpa.versions': {
    summary: 'List the versions of the Data Processing Agreement, the newest first',
    method: 'GET',
    path: '/admin/v1/realms/{realm}/dpa-versions',
    scope: 'organizations:read',
    status: 200,
    params: inRealm,
    query: shapes.pageQuery,
    output: shapes.page(shapes.dpaVersion),
  },
  'dpa.publish': {
    summary: 'Publish a version of the Data Processing Agreement',
    description: 'Until its grace date "requiredFrom" the version before it is still enough.',
    method: 'POST',
    path: '/admin/v1/realms/{realm}/dpa-versions',
    scope: 'organizations:write',
    status: 201,
    params: inRealm,
    body: z.strictObject({
      version: shapes.version,
      requiredFrom: shapes.instant.describe('The grace date: from then on organizations must have accepted it.'),
      description: shapes.reason.optional().describe('What is new in it.'),
    }),
    output: shapes.dpaVersion,
  },
  'dpa.accept': {
    summary: 'Record that an organization accepted a version of the Data Processing Agreement',
    method: 'POST',
    path: '/admin/v1/realms/{realm}/organizations/{organization}/dpa-acceptances',
    scope: 'organizations:write',
    status: 201,
    params: ofOrganization,
    body: z.strictObject({
      version: shapes.version,
      acceptedBy: shapes.displayName.meta({ description: 'Who accepted it.', examples: ['Ada Lovelace, CFO'] }),
    }),
    output: shapes.organization,
    etag: true,
  },
  'dpa.acceptances': {
    summary: 'List what an organization accepted: who, when and which version, the newest first',
    method: 'GET',
    path: '/admin/v1/realms/{realm}/organizations/{organization}/dpa-acceptances',
    scope: 'organizations:read',
    status: 200,
    params: ofOrganization,
    query: shapes.pageQuery,
    output: shapes.page(shapes.dpaAcceptance),
  },
} as const satisfies Record<string, Operation>
