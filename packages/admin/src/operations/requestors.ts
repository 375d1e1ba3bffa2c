// Requestors: the natural persons of an organization, whom commands name in the header Requestor-ID.
import { z } from 'zod'
import type { Operation } from '../operation.ts'
import * as shapes from '../shapes.ts'
import { ofOrganization } from './paths.ts'

const ofRequestor = ofOrganization.extend({ requestor: shapes.uuid.describe('The id of a natural person.') })

export const requestorOperations = {
  'requestors.create': {
    summary: 'Register a natural person of an organization and what that person may do',
    method: 'POST',
    path: '/admin/v1/realms/{realm}/organizations/{organization}/requestors',
    scope: 'organizations:write',
    status: 201,
    params: ofOrganization,
    body: z.strictObject({
      id: shapes.uuid.optional().describe('The id that the API knows the person by; a new one if left out.'),
      permissions: shapes.permissions.default([]),
    }),
    output: shapes.requestorOfVersion,
    etag: true,
  },
  'requestors.list': {
    summary: 'List the requestors of an organization by id',
    method: 'GET',
    path: '/admin/v1/realms/{realm}/organizations/{organization}/requestors',
    scope: 'organizations:read',
    status: 200,
    params: ofOrganization,
    query: shapes.pageQuery,
    output: shapes.page(shapes.requestor),
  },
  'requestors.get': {
    summary: 'Show a requestor',
    method: 'GET',
    path: '/admin/v1/realms/{realm}/organizations/{organization}/requestors/{requestor}',
    scope: 'organizations:read',
    status: 200,
    params: ofRequestor,
    output: shapes.requestorOfVersion,
    etag: true,
  },
  'requestors.update': {
    summary: 'Set what a requestor may do',
    method: 'PATCH',
    path: '/admin/v1/realms/{realm}/organizations/{organization}/requestors/{requestor}',
    scope: 'organizations:write',
    status: 200,
    params: ofRequestor,
    body: z.strictObject({ permissions: shapes.permissions.describe('All permissions from now on.') }),
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
    output: shapes.deleted,
    destructive: true,
  },
} as const satisfies Record<string, Operation>
