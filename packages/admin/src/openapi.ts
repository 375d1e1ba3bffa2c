// The OpenAPI 3.1 document of the admin API, generated from the table of operations and the problem catalogue. A pure
// function: the server serves it for its own URL, docs/openapi.json is the one for the demo's URL.
import { z } from 'zod'
import { problemContentType, problems, problemUri, type ProblemCode, type ProblemEntry } from '@countersign/protocol'
import { ifMatchOf, operatorsTokenPath, requiresIfMatch, takesIdempotencyKey, type AdminScope, type Operation } from './operation.ts'
import { operations } from './operations.ts'

type Json = Readonly<Record<string, unknown>>

const scopeDescriptions: Record<AdminScope, string> = {
  'organizations:read': 'See realms, organizations, partners, agreements and requestors',
  'organizations:write': 'Change organizations, partners, agreements and requestors',
  'clients:read': 'See clients and the evidence of their secrets',
  'clients:write': 'Create, change and delete clients',
  'secrets:write': 'Rotate and revoke secrets',
  'audit:read': 'Search the audit log',
}

/** The first part of an operation's name, in the order of the page. */
const tagDescriptions: Readonly<Record<string, string>> = {
  realms: 'Systems with issuers, token layouts and rules of their own; made in the configuration file.',
  organizations: 'The companies that may call the APIs of a realm.',
  capabilities: 'What an organization is capable of, among what its realm declares.',
  partners: 'The sellers of a realm, and which organization may act for which of them.',
  dpa: 'The Data Processing Agreement: its versions, and who accepted which.',
  requestors: 'The natural persons on whose behalf commands are sent.',
  clients: 'The backends of an organization, each with credentials of its own.',
  rotation: 'Replacing a secret without an outage: both are good until the old one is proven unused.',
  secrets: 'Secrets in an emergency, and those that should be rotated soon.',
  audit: 'What operators changed, which tokens were issued, and what was refused.',
}

const introduction = `Everything an operator does: organizations, partners, agreements, clients, secrets, and the audit log.

Operators are clients of the realm \`operators\`. Get a token at its token endpoint with \`grant_type=client_credentials\`
and send it as \`Authorization: Bearer <token>\`; each operation names the scope that it needs.

- **Lists** answer \`{ items, next }\`; pass \`next\` as \`after\` for the next page, until it is null.
- **Two operators at once**: send the \`ETag\` that you read as \`If-Match\`; a write on top of somebody else's is refused with 412.
  Edits (PATCH) need it: without it they are refused with 428. \`If-Match: *\` means whatever the version is.
- **Retries**: send an \`Idempotency-Key\` with a write; repeated with the same key, it happens once.
- **Refusals** are problem documents (RFC 9457) with a remedy; their pages are at \`/problems\`.`

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
  const notes = [description, operation.destructive && 'What it takes away does not come back.', `Needs the scope \`${scope}\`.`]
  return {
    operationId: name,
    summary,
    description: notes.filter(Boolean).join('\n\n'),
    tags: [name.split('.')[0]],
    security: [{ operator: [scope] }],
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
        description: status === 201 ? 'Created.' : 'Done.',
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
  description: 'Why a request was refused (RFC 9457), and what to do about it.',
  required: ['type', 'title', 'status', 'detail', 'remedy', 'instance'],
  properties: {
    type: { type: 'string', description: 'The page of the problem; what follows its last slash is the code for programs.' },
    title: { type: 'string' },
    status: { type: 'integer' },
    detail: { type: 'string', description: 'What is special about this occurrence.' },
    remedy: { type: 'string', description: 'What to do next.' },
    instance: { type: 'string', description: 'The request, for the support: "urn:request:" and its id.' },
    errors: {
      type: 'array',
      description: 'The faulty places of the request.',
      items: {
        type: 'object',
        required: ['pointer', 'detail'],
        properties: {
          pointer: { type: 'string', description: 'A JSON pointer into the body; below "/query" or "/params" for those.' },
          detail: { type: 'string' },
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
    ...(operation.method === 'GET' ? [] : ofWrites),
    ...(ifMatchOf(operation) ? ofVersioned : []),
    ...(requiresIfMatch(operation) ? ofEdits : []),
  ]
}

function responseName(status: number): string {
  return `Refused${status}`
}

/** Problems of guarded APIs and of a client's own secret rotation, which the admin API never returns. */
const notHere = /^(?:dpa|partner|capability|requestor)-|^(?:new-secret-required|rotation-of-the-operator)$/

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
  description: 'The ETag that you read: the write is refused with 412 if somebody changed it since.',
  schema: { type: 'string', examples: ['"7"'] },
}
const ifMatchOfEdit = {
  ...ifMatch,
  required: true,
  description: `${ifMatch.description} "*" means any version.`,
  schema: { type: 'string', examples: ['"7"', '*'] },
}
const idempotencyKey = {
  name: 'Idempotency-Key',
  in: 'header',
  required: false,
  description: 'Any text that you use for this write only, such as a UUID: repeated with it, the write happens once.',
  schema: { type: 'string', pattern: '^[\\x21-\\x7e]{1,128}$', examples: ['0b9c1f5e-6f2c-4d0e-9f57-0c5b8a4e1d33'] },
}
const etag = { description: 'The version in quotes, for If-Match.', schema: { type: 'string', examples: ['"7"'] } }
