// Requestors: the natural persons of an organization. Commands name one of them in the header Requestor-ID.
import { z } from 'zod'
import type { Operation } from '../operation.ts'
import * as shapes from '../shapes.ts'
import { ofOrganization } from './paths.ts'

const ofRequestor = ofOrganization.extend({ requestor: shapes.uuid.describe('Id of the requestor.') })

export const requestorOperations = {
  'requestors.create': {
    summary: 'Register a requestor: a natural person on whose behalf the organization sends requests',
    description: 'Fails with "conflict" if the id is taken, or if the organization already has 10,000 requestors.',
    method: 'POST',
    path: '/admin/v1/realms/{realm}/organizations/{organization}/requestors',
    scope: 'organizations:write',
    status: 201,
    params: ofOrganization,
    body: z.strictObject({
      id: shapes.uuid.optional().describe('UUID that the organization sends as `Requestor-ID`; generated if omitted.'),
      permissions: shapes.permissions.default([]),
      reason: shapes.reason.optional(),
    }),
    output: shapes.requestorOfVersion,
    etag: true,
  },
  'requestors.list': {
    summary: 'List the requestors of an organization',
    description: 'Sorted by id.',
    method: 'GET',
    path: '/admin/v1/realms/{realm}/organizations/{organization}/requestors',
    scope: 'organizations:read',
    status: 200,
    params: ofOrganization,
    query: shapes.pageQuery,
    output: shapes.page(shapes.requestor),
  },
  'requestors.get': {
    summary: 'Get a requestor',
    method: 'GET',
    path: '/admin/v1/realms/{realm}/organizations/{organization}/requestors/{requestor}',
    scope: 'organizations:read',
    status: 200,
    params: ofRequestor,
    output: shapes.requestorOfVersion,
    etag: true,
  },
  'requestors.update': {
    summary: 'Set the permissions of a requestor',
    description: 'Replaces all permissions.',
    method: 'PATCH',
    path: '/admin/v1/realms/{realm}/organizations/{organization}/requestors/{requestor}',
    scope: 'organizations:write',
    status: 200,
    params: ofRequestor,
    body: z.strictObject({
      permissions: shapes.permissions.describe('Permissions of the person; replaces the existing list.'),
      reason: shapes.reason.optional(),
    }),
    output: shapes.requestorOfVersion,
    etag: true,
  },
  'requestors.delete': {
    summary: 'Delete a requestor',
    method: 'DELETE',
    path: '/admin/v1/realms/{realm}/organizations/{organization}/requestors/{requestor}',
    scope: 'organizations:write',
    status: 200,
    params: ofRequestor,
    body: shapes.onlyReason,
    output: shapes.deleted,
    destructive: true,
  },
} as const satisfies Record<string, Operation>
