import assert from 'node:assert/strict'
import { test } from 'node:test'
import { adminScopes, ifMatchOf, isWrite, openApiDocument, operations, requiresIfMatch, type Operation } from './index.ts'

interface Described {
  operationId: string
  summary: string
  description: string
  tags: string[]
  security: Record<string, string[]>[]
  parameters: { name?: string; in?: string; required?: boolean; schema?: object; $ref?: string }[]
  requestBody?: { required: boolean; content: Record<string, { schema: { properties: Record<string, { description?: string }> } }> }
  responses: Record<string, { headers?: object; content?: Record<string, { schema: object }> }>
}
interface Document {
  paths: Record<string, Record<string, Described>>
  tags: { name: string }[]
  components: {
    schemas: Record<string, object>
    responses: Record<string, { description: string }>
    securitySchemes: { operator: { flows: { clientCredentials: { tokenUrl: string; scopes: Record<string, string> } } } }
  }
}

const document = openApiDocument({ serverUrl: 'https://auth.example.com' }) as unknown as Document
const all: [string, Operation][] = Object.entries(operations)
const describedAs = ({ path, method }: Operation) => document.paths[path]![method.toLowerCase()]!

test('every operation is described exactly once', () => {
  const described = Object.values(document.paths).flatMap((methods) => Object.values(methods))
  assert.deepEqual(described.map(({ operationId }) => operationId).toSorted(), Object.keys(operations).toSorted())
})

for (const [name, operation] of all) {
  test(`${name}: summary, scope, params, query and body are those of the table`, () => {
    const { summary, security, parameters, requestBody, responses } = describedAs(operation)
    const named = (place: string) => parameters.filter((parameter) => parameter.in === place).map((parameter) => parameter.name)
    assert.deepEqual([summary, security], [operation.summary, [{ operator: operation.scope === null ? [] : [operation.scope] }]])
    assert.deepEqual(named('path').toSorted(), [...operation.path.matchAll(/\{(\w+)\}/g)].map(([, member]) => member).toSorted())
    assert.ok(parameters.every((parameter) => parameter.in !== 'path' || parameter.required))
    assert.deepEqual(named('query'), Object.keys(operation.query?.shape ?? {}))
    const members = requestBody?.content['application/json']?.schema.properties
    assert.deepEqual(Object.keys(members ?? {}), Object.keys(operation.body?.shape ?? {}))
    assert.ok(responses[operation.status]?.content)
  })

  test(`${name}: ETag, If-Match and Idempotency-Key are described exactly where they apply`, () => {
    const { parameters, responses } = describedAs(operation)
    const refers = (name: string) => parameters.some(({ $ref }) => $ref === `#/components/parameters/${name}`)
    assert.equal(responses[operation.status]?.headers !== undefined, operation.etag ?? false)
    assert.equal(refers('IfMatch') || refers('IfMatchOfEdit'), ifMatchOf(operation) !== undefined)
    assert.equal(refers('IfMatchOfEdit'), requiresIfMatch(operation))
    assert.equal('428' in responses, requiresIfMatch(operation))
    assert.equal('412' in responses, ifMatchOf(operation) !== undefined)
    assert.equal(refers('IdempotencyKey'), isWrite(operation))
  })
}

test('every reference resolves', () => {
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, path]) => path!.split('/'))
  const find = (path: string[]) =>
    path.reduce<unknown>((place, member) => (place as Record<string, unknown> | undefined)?.[member], document)
  assert.ok(references.length > 100)
  assert.deepEqual(
    references.filter((path) => find(path) === undefined),
    [],
  )
  assert.ok(!JSON.stringify(document).includes('$defs'))
})

test('shapes that several operations share are components', () => {
  for (const name of ['Organization', 'Client', 'Rotation', 'Secret', 'Problem']) assert.ok(document.components.schemas[name], name)
})

test('every tag is described and used', () => {
  assert.deepEqual(new Set(document.tags.map(({ name }) => name)), new Set(all.map(([name]) => name.split('.')[0])))
})

test('tokens come from the token endpoint of the operators realm, with the scopes of the table', () => {
  const { tokenUrl, scopes } = document.components.securitySchemes.operator.flows.clientCredentials
  assert.equal(tokenUrl, 'https://auth.example.com/realms/operators/protocol/openid-connect/token')
  assert.deepEqual(Object.keys(scopes), [...adminScopes])
})

test('an error response links to the pages of its problems', () => {
  assert.match(document.components.responses['Refused409']!.description, /\(https:\/\/auth\.example\.com\/problems\/old-secret-in-use\)/)
  for (const [status, { description }] of Object.entries(document.components.responses)) assert.notEqual(description, '', status)
})

test('every member of a query or a body has a description', () => {
  const missing = all.flatMap(([name, operation]) => {
    const { parameters, requestBody } = describedAs(operation)
    const members = Object.entries(requestBody?.content['application/json']?.schema.properties ?? {})
    const bare = [...parameters.filter((parameter) => !parameter.$ref).map((parameter) => [parameter.name, parameter] as const), ...members]
    return bare.filter(([, schema]) => !('description' in schema)).map(([member]) => `${name} ${member}`)
  })
  assert.deepEqual(missing, [])
})
