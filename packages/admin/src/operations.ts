// Every operator operation as data: method, path, scope, what goes in and what comes out. The server mounts this table, the
// client calls it, the documentation is made from it; nothing about an operation is written a second time.
import { z } from 'zod'
import * as shapes from './shapes.ts'

export interface Operation {
  readonly summary: string
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'
  /** Members in braces are the `params`. */
  readonly path: `/admin/v1/${string}`
  /** The scope that the operator's token needs. */
  readonly scope: AdminScope
  readonly status: 200 | 201
  readonly params: z.ZodObject
  readonly query?: z.ZodObject
  readonly body?: z.ZodObject
  readonly output: z.ZodType
}

export const adminScopes = ['organizations:read', 'organizations:write', 'clients:read', 'clients:write'] as const
export type AdminScope = (typeof adminScopes)[number]

const inRealm = z.strictObject({ realm: shapes.realmName })
const ofOrganization = inRealm.extend({ organization: shapes.organizationKey })
const ofPartner = ofOrganization.extend({ partner: shapes.uuid })
const ofClient = inRealm.extend({ client: shapes.clientId })

export const operations = {
  'organizations.create': {
    summary: 'Create an organization',
    method: 'POST',
    path: '/admin/v1/realms/{realm}/organizations',
    scope: 'organizations:write',
    status: 201,
    params: inRealm,
    body: z.strictObject({ slug: shapes.slug, name: shapes.displayName, capabilities: shapes.capabilities.default({}) }),
    output: shapes.organization,
  },
  'organizations.list': {
    summary: 'List the organizations of a realm by slug',
    method: 'GET',
    path: '/admin/v1/realms/{realm}/organizations',
    scope: 'organizations:read',
    status: 200,
    params: inRealm,
    query: z.strictObject({ limit: z.coerce.number().int().min(1).max(200).default(50), after: shapes.slug.optional() }),
    output: z.strictObject({ items: z.array(shapes.organizationSummary), next: z.string().nullable() }),
  },
  'organizations.get': {
    summary: 'Show an organization with its partners, capabilities, DPA and clients',
    method: 'GET',
    path: '/admin/v1/realms/{realm}/organizations/{organization}',
    scope: 'organizations:read',
    status: 200,
    params: ofOrganization,
    output: shapes.organization,
  },
  'organizations.update': {
    summary: 'Rename, suspend or resume an organization, or set its capabilities',
    method: 'PATCH',
    path: '/admin/v1/realms/{realm}/organizations/{organization}',
    scope: 'organizations:write',
    status: 200,
    params: ofOrganization,
    body: z.strictObject({
      name: shapes.displayName.optional(),
      status: z.enum(['active', 'suspended']).optional(),
      capabilities: shapes.capabilities.optional(),
    }),
    output: shapes.organization,
  },
  'partners.authorize': {
    summary: 'Let an organization act for a partner, registering the partner if it is new',
    method: 'PUT',
    path: '/admin/v1/realms/{realm}/organizations/{organization}/partners/{partner}',
    scope: 'organizations:write',
    status: 200,
    params: ofPartner,
    body: z.strictObject({ name: shapes.displayName }),
    output: shapes.organization,
  },
  'partners.withdraw': {
    summary: 'Stop an organization from acting for a partner',
    method: 'DELETE',
    path: '/admin/v1/realms/{realm}/organizations/{organization}/partners/{partner}',
    scope: 'organizations:write',
    status: 200,
    params: ofPartner,
    output: shapes.organization,
  },
  'dpa.accept': {
    summary: 'Record that an organization accepted a version of the Data Processing Agreement',
    method: 'POST',
    path: '/admin/v1/realms/{realm}/organizations/{organization}/dpa-acceptances',
    scope: 'organizations:write',
    status: 201,
    params: ofOrganization,
    body: z.strictObject({ version: z.string().min(1).max(64), acceptedBy: shapes.displayName }),
    output: shapes.organization,
  },
  'requestors.create': {
    summary: 'Register a natural person of an organization and what that person may do',
    method: 'POST',
    path: '/admin/v1/realms/{realm}/organizations/{organization}/requestors',
    scope: 'organizations:write',
    status: 201,
    params: ofOrganization,
    body: z.strictObject({ id: shapes.uuid.optional(), permissions: z.array(shapes.permission).max(200).default([]) }),
    output: z.strictObject({ id: shapes.uuid, permissions: z.array(z.string()) }),
  },
  'clients.create': {
    summary: 'Create a client of an organization; its secret is in this answer and never again',
    method: 'POST',
    path: '/admin/v1/realms/{realm}/clients',
    scope: 'clients:write',
    status: 201,
    params: inRealm,
    body: z.strictObject({
      organization: shapes.organizationKey,
      clientId: shapes.clientId.optional(),
      name: shapes.displayName,
      scopes: shapes.scopes.optional(),
      accessTokenLifetime: shapes.lifetimeSeconds.nullable().default(null),
      enabled: z.boolean().default(true),
      serviceAccountEnabled: z.boolean().default(true),
    }),
    output: z.strictObject({ client: shapes.client, clientSecret: z.string() }),
  },
  'clients.get': {
    summary: 'Show a client; never its secret',
    method: 'GET',
    path: '/admin/v1/realms/{realm}/clients/{client}',
    scope: 'clients:read',
    status: 200,
    params: ofClient,
    output: shapes.client,
  },
  'clients.update': {
    summary: 'Rename, enable or disable a client, switch its service account, or set its scopes',
    method: 'PATCH',
    path: '/admin/v1/realms/{realm}/clients/{client}',
    scope: 'clients:write',
    status: 200,
    params: ofClient,
    body: z.strictObject({
      name: shapes.displayName.optional(),
      enabled: z.boolean().optional(),
      serviceAccountEnabled: z.boolean().optional(),
      scopes: shapes.scopes.optional(),
    }),
    output: shapes.client,
  },
} as const satisfies Record<string, Operation>

export type OperationName = keyof typeof operations

type Part<Name extends OperationName, Key extends string, Otherwise> =
  (typeof operations)[Name] extends Record<Key, infer Shape extends z.ZodType> ? Shape : Otherwise

/** What a caller passes: all members of path, query and body, by part. */
export interface OperationInput<Name extends OperationName> {
  readonly params: z.input<(typeof operations)[Name]['params']>
  readonly query?: Part<Name, 'query', undefined> extends infer Shape extends z.ZodType ? z.input<Shape> : undefined
  readonly body?: Part<Name, 'body', undefined> extends infer Shape extends z.ZodType ? z.input<Shape> : undefined
}

/** What the server works with: checked, and with the defaults filled in. */
export interface CheckedInput<Name extends OperationName> {
  readonly params: z.output<(typeof operations)[Name]['params']>
  readonly query: Part<Name, 'query', undefined> extends infer Shape extends z.ZodType ? z.output<Shape> : undefined
  readonly body: Part<Name, 'body', undefined> extends infer Shape extends z.ZodType ? z.output<Shape> : undefined
}

export type OperationOutput<Name extends OperationName> = z.output<(typeof operations)[Name]['output']>
