// The OpenAPI 3.1 document of the admin API, made from the table of operations and the problem catalogue. A pure function:
// the server serves it with its own URL, docs/openapi.json has the URL of the demo.
import { z } from 'zod'
import { problemContentType, problems, problemUri, type ProblemCode, type ProblemEntry } from '@countersign/protocol'
import {
  ifMatchOf,
  isWrite,
  operatorsTokenPath,
  requiresIfMatch,
  takesIdempotencyKey,
  type AdminScope,
  type Operation,
} from './operation.ts'
import { operations } from './operations.ts'

type Json = Readonly<Record<string, unknown>>

const scopeDescriptions: Record<AdminScope, string> = {
  'organizations:read': 'Read realms, organizations, partners, agreements and requestors',
  'organizations:write': 'Change organizations, partners, agreements and requestors',
  'clients:read': 'Read clients and the state of their secrets, not the secrets themselves',
  'clients:write': 'Create, change and delete clients',
  'secrets:write': 'Rotate and revoke secrets, register and remove keys',
  'audit:read': 'Search the audit log',
  'keys:read': 'Read the state of signing keys, of the pepper and of the key-encryption key, not the keys themselves',
  'keys:write': 'Stage, activate, import, retire and revoke signing keys, retire peppers, and re-encrypt private keys',
}

/** The first part of an operation's name, in the order of the page. */
const tagDescriptions: Readonly<Record<string, string>> = {
  realms:
    'Separate populations of clients, each with its own issuer, keys, token format and rules. Defined in the configuration file, except the built-in realm `operators`.',
  find: 'Search in a realm.',
  organizations: 'Companies that may call the APIs of a realm.',
  capabilities: 'Feature flags and settings of an organization, as declared by the realm.',
  partners:
    'Companies on whose behalf organizations call the APIs. An organization may act only for the partners that it is authorized for.',
  dpa: 'Versions of the Data Processing Agreement (DPA) and their acceptance by organizations.',
  accessRequests: 'Access requests of integrators, for partners, capabilities, scopes and clients, and the answers of the provider.',
  activity: 'Changes of organizations as their integrators see them.',
  requestors:
    'Natural persons named in the header `Requestor-ID` of the requests that an organization sends to your API, with their permissions.',
  claimSets: 'Grants that clients share: audiences, roles and fixed claims that their tokens have beside the claims of their profile.',
  clients: 'Backends of an organization, each with its own credentials.',
  rotation: 'Replacement of a client secret without an outage: both secrets are valid until the rotation is confirmed or its window ends.',
  keys: 'Public keys by which clients authenticate, beside a secret or instead of one.',
  signingKeys:
    'Keys with which the realm signs its tokens. By itself the server stages, activates and retires them as `signingKeys` of the realm says.',
  secrets: 'Emergency revocation of secrets, and a list of the secrets to rotate soon.',
  pepper:
    'Key of the digests of client secrets, in versions. It is outside the store; new versions are added on the machines of the servers.',
  keyEncryptionKey: 'Key that encrypts private signing keys in the store, in versions. It is outside the store, like the pepper.',
  me: 'The operator that asks.',
  operators: 'Clients that may use this API: those of the realm `operators`, and operators of one realm that live in it.',
  invitations: 'Links by which people become people of an organization at the portal.',
  people: 'People who sign in to the portal for an organization, and operators who sign in at their company.',
  identityProviders: 'Identity providers of organizations, at which their people sign in to the portal.',
  sessions: 'Sessions of clients and persons in the console and the portal.',
  health: 'State of the server: nodes, database, audit log and signing keys.',
  usage: 'Counts of tokens, calls and refusals over time.',
  credentials: 'Addresses and programs that use the secrets and keys of clients.',
  audit: 'Record of changes, issued tokens and denied requests.',
  refusals: 'Requests that guards of APIs and the server itself refused.',
  guards: 'Guards of APIs that report to the server.',
  requests: 'Explanations of requests that were refused.',
  tokens: 'Explanations of access tokens.',
}

const introduction = `Manage organizations, partners, agreements, claim sets, clients and their secrets and keys, and search the audit log.

Operators are clients of the realm \`operators\`, or of the realm that they serve. Request a token from the token endpoint of that realm with \`grant_type=client_credentials\`
and send it as \`Authorization: Bearer <token>\`. Each operation names the scope that it requires.

- **Pagination**: lists return \`{ items, next }\`. Pass \`next\` as \`after\` to get the next page; it is null on the last page.
- **Concurrent changes**: send the \`ETag\` of the client if the path has \`{client}\`, of the claim set if it has \`{claimSet}\`, or of the
  organization if it has \`{organization}\`, as \`If-Match\`. If it has changed since you read it, the write fails with 412. PATCH requires \`If-Match\` and fails with 428 without it;
  \`If-Match: *\` matches any version.
- **Retries**: send an \`Idempotency-Key\` with a write. If it is retried with the same key within 24 hours, it is applied at most
  once, and the first response is returned again, without its secret.
- **Reasons**: every write takes an optional \`reason\` in its body, also DELETE. It is recorded in the audit log, and shown to operators only.
- **Names** and other texts that you set have no invisible characters and none that change the direction of text, and are not only blanks.
- **Errors** are problem documents (RFC 9457) with a remedy. Each problem code has a page at \`/problems\`.
- **Owners**: changes in the realm \`operators\`, and of a client with \`operatorScopes\` or its organization, require an operator with every
  scope that is not limited to realms. They fail with \`conflict\` if the caller would disable, delete, suspend, limit or reduce itself, or if no
  such operator would be left with a secret valid for more than an hour.
- **Limits**: an operator of some realms gets \`realm-not-permitted\` elsewhere; a list over all realms has only these realms, or is refused.`

/** @param serverUrl the public URL of the server, without a slash at its end */
export function openApiDocument({ serverUrl }: { readonly serverUrl: string }): Json {
  const schemas: Record<string, unknown> = {}
  const paths: Record<string, Record<string, unknown>> = {}
  for (const [name, operation] of Object.entries(operations) as [string, Operation][]) {
    const methods = (paths[operation.path] ??= {})
    methods[operation.method.toLowerCase()] = describeOperation(name, operation, schemas)
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Countersign admin API',
      version: '1',
      description: introduction,
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: serverUrl }],
    tags: Object.entries(tagDescriptions).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      schemas: { ...schemas, Problem: problemSchema },
      responses: Object.fromEntries(problemStatuses.map((status) => [responseName(status), problemResponse(serverUrl, status)])),
      parameters: { IfMatch: ifMatch, IfMatchOfEdit: ifMatchOfEdit, IdempotencyKey: idempotencyKey },
      headers: { ETag: etag },
      securitySchemes: {
        operator: {
          type: 'oauth2',
          flows: { clientCredentials: { tokenUrl: serverUrl + operatorsTokenPath, scopes: scopeDescriptions } },
        },
      },
    },
  }
}

function describeOperation(name: string, operation: Operation, schemas: Record<string, unknown>): Json {
  const { summary, description, scope, status, params, query, body, output } = operation
  const needed = scope === null ? 'Every operator may call it.' : `Requires the scope \`${scope}\`.`
  const notes = [description, operation.destructive && 'This cannot be undone.', needed]
  return {
    operationId: name,
    summary,
    description: notes.filter(Boolean).join('\n\n'),
    tags: [name.split('.')[0]],
    security: [{ operator: scope === null ? [] : [scope] }],
    parameters: [
      ...parametersOf('path', params, schemas),
      ...(query ? parametersOf('query', query, schemas) : []),
      ...(ifMatchOf(operation) ? [{ $ref: `#/components/parameters/${requiresIfMatch(operation) ? 'IfMatchOfEdit' : 'IfMatch'}` }] : []),
      ...(takesIdempotencyKey(operation) ? [{ $ref: '#/components/parameters/IdempotencyKey' }] : []),
    ],
    ...(body && {
      requestBody: { required: !body.safeParse({}).success, content: { 'application/json': { schema: toSchema(body, 'input', schemas) } } },
    }),
    responses: {
      [status]: {
        description: status === 201 ? 'Created.' : 'Success.',
        ...(operation.etag && { headers: { ETag: { $ref: '#/components/headers/ETag' } } }),
        content: { 'application/json': { schema: toSchema(output, 'output', schemas) } },
      },
      ...Object.fromEntries(refusalsOf(operation).map((refusal) => [refusal, { $ref: `#/components/responses/${responseName(refusal)}` }])),
    },
  }
}

function parametersOf(place: 'path' | 'query', shape: z.ZodObject, schemas: Record<string, unknown>): Json[] {
  const { properties = {}, required = [] } = toSchema(shape, 'input', schemas) as { properties?: Record<string, Json>; required?: string[] }
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: place,
    required: required.includes(name),
    description,
    schema,
  }))
}

/** A shape as JSON Schema. Shapes with an id are added to `schemas` and referenced. */
function toSchema(shape: z.ZodType, io: 'input' | 'output', schemas: Record<string, unknown>): Json {
  // Wrapped in an object, because only a nested shape with an id becomes a reference.
  const wrapped = z.toJSONSchema(z.object({ shape }), {
    target: 'draft-2020-12',
    io,
    override: ({ jsonSchema }) => {
      if (jsonSchema.format === 'date-time') delete jsonSchema.pattern // Very long, and redundant beside the format.
    },
  })
  const { properties, $defs = {} } = JSON.parse(JSON.stringify(wrapped).replaceAll('"#/$defs/', '"#/components/schemas/')) as {
    properties: { shape: Json }
    $defs?: Json
  }
  Object.assign(schemas, $defs)
  return properties.shape
}

const problemSchema = {
  type: 'object',
  description: 'Error response (RFC 9457): the reason for the failure and its remedy.',
  required: ['type', 'title', 'status', 'detail', 'remedy', 'instance'],
  properties: {
    type: { type: 'string', description: 'URL of the page that explains the problem. The part after the last slash is the problem code.' },
    title: { type: 'string', description: 'Short text, the same for every occurrence of the problem.' },
    status: { type: 'integer', description: 'HTTP status code.' },
    detail: { type: 'string', description: 'Explanation of this occurrence.' },
    remedy: { type: 'string', description: 'Advice on how to fix the problem.' },
    instance: { type: 'string', description: 'Id of the request, as "urn:request:{id}"; include it in a support request.' },
    errors: {
      type: 'array',
      description: 'Invalid members of the request.',
      items: {
        type: 'object',
        required: ['pointer', 'detail'],
        properties: {
          pointer: {
            type: 'string',
            description:
              'JSON pointer (RFC 6901) to the invalid member: into the body, or "/query/..." for a query parameter, or "/params/..." for a path parameter.',
          },
          detail: { type: 'string', description: 'Expected value, or why this one is rejected.' },
        },
      },
    },
  },
}

const catalogue = Object.entries(problems) as [ProblemCode, ProblemEntry][]
/** Error statuses of every operation, and of some. */
const [always, withParams, withBody, ofWrites, ofVersioned, ofEdits] = [
  [400, 401, 403, 500, 503],
  [404],
  [413, 415],
  [409, 422],
  [412],
  [428],
]
const problemStatuses = [...always, ...withParams, ...withBody, ...ofWrites, ...ofVersioned, ...ofEdits]

function refusalsOf(operation: Operation): number[] {
  return [
    ...always,
    ...(Object.keys(operation.params.shape).length > 0 ? withParams : []),
    ...(operation.body ? withBody : []),
    ...(isWrite(operation) ? ofWrites : []),
    ...(ifMatchOf(operation) ? ofVersioned : []),
    ...(requiresIfMatch(operation) ? ofEdits : []),
  ]
}

function responseName(status: number): string {
  return `Refused${status}`
}

/** Problems of guarded APIs, of gateways and of a client's own secret rotation, which the admin API never returns. */
const notHere =
  /^(?:dpa|partner|capability|requestor)-|^(?:new-secret-required|rotation-of-the-operator|route-not-permitted|ambiguous-request|untrusted-peer)$/

function problemResponse(serverUrl: string, status: number): Json {
  const lines = catalogue
    .filter(([code, entry]) => entry.status === status && entry.surface === 'api' && !notHere.test(code))
    .map(([code, { title }]) => `- [\`${code}\`](${problemUri(serverUrl, code)}): ${title}`)
  return { description: lines.join('\n'), content: { [problemContentType]: { schema: { $ref: '#/components/schemas/Problem' } } } }
}

const ifMatch = {
  name: 'If-Match',
  in: 'header',
  required: false,
  description:
    'ETag of the client if the path has `{client}`, or of the organization if it has `{organization}`, as you last read it. If it has changed since, the write fails with 412. Of a list, one has to match. A weak ETag (W/) never does: if a proxy makes the ETag weak, send the version in quotes.',
  schema: { type: 'string', examples: ['"7"'] },
}
const ifMatchOfEdit = {
  ...ifMatch,
  required: true,
  description: `${ifMatch.description} "*" matches any version.`,
  schema: { type: 'string', examples: ['"7"', '*'] },
}
const idempotencyKey = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description:
    'Unique key for this write, such as a UUID. If the write is retried with the same key within 24 hours, it is applied at most once.',
  schema: { type: 'string', pattern: '^[\\x21-\\x7e]{1,128}$', examples: ['0b9c1f5e-6f2c-4d0e-9f57-0c5b8a4e1d33'] },
}
const etag = {
  description:
    'Version in quotes, of the client or the organization (a requestor has that of its organization); send it as If-Match with a change.',
  schema: { type: 'string', examples: ['"7"'] },
}
