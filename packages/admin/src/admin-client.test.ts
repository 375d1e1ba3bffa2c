import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AdminRequestError, createAdminClient } from './admin-client.ts'

const organization = {
  id: '11111111-1111-4111-8111-111111111111',
  realm: 'prod',
  slug: 'acme',
  name: 'Acme',
  status: 'active',
  version: 1,
  createdAt: '2026-01-15T12:00:00.000Z',
  updatedAt: '2026-01-15T12:00:00.000Z',
  capabilities: {},
  partners: { total: 0, list: [] },
  requestors: { total: 0, list: [] },
  dpa: { status: 'not-required', requiredVersion: null, acceptedVersion: null, acceptedAt: null },
  clients: { total: 0, list: [] },
}

/** A client of a server that gives one answer after the other and then repeats the last one, and the recorded requests. */
function aClientOf(status: number, ...answers: unknown[]) {
  const requests: { url: string; method: string | undefined; body: unknown }[] = []
  const headers: Headers[] = []
  const fetch = async (url: string | URL | Request, { method, body, ...init }: RequestInit = {}) => {
    requests.push({ url: String(url), method, body })
    headers.push(new Headers(init.headers))
    const answer = answers.length > 1 ? answers.shift() : answers[0]
    return new Response(typeof answer === 'string' ? answer : JSON.stringify(answer), { status, headers: { 'x-request-id': 'request-1' } })
  }
  return { requests, headers, client: createAdminClient({ serverUrl: 'https://auth.example.com', fetch }) }
}

test('an operation becomes a request by its entry in the table', async () => {
  const { client, requests } = aClientOf(201, organization)
  const created = await client.call('organizations.create', { params: { realm: 'prod' }, body: { slug: 'acme', name: 'Acme' } })
  assert.deepEqual(created, organization)
  assert.deepEqual(requests, [
    { url: 'https://auth.example.com/admin/v1/realms/prod/organizations', method: 'POST', body: '{"slug":"acme","name":"Acme"}' },
  ])
})

test('members that a later version of the server has added are left out, at any depth', async () => {
  const later = { ...organization, color: 'red', partners: { total: 0, list: [], pages: 0 } }
  const { client } = aClientOf(201, later)
  assert.deepEqual(await client.call('organizations.get', { params: { realm: 'prod', organization: 'acme' } }), organization)
  const list = aClientOf(200, { items: [{ id: organization.id, permissions: [], color: 'red' }], next: null, total: 1 })
  assert.deepEqual(await list.client.call('requestors.list', { params: { realm: 'prod', organization: 'acme' } }), {
    items: [{ id: organization.id, permissions: [] }],
    next: null,
  })
  const other = aClientOf(200, { ...later, slug: 1 })
  await assert.rejects(other.client.call('organizations.get', { params: { realm: 'prod', organization: 'acme' } }), { name: 'ZodError' })
})

test('params are encoded into the path, and undefined members are omitted from the query', async () => {
  const { client, requests } = aClientOf(200, { items: [], next: null })
  await client.call('organizations.list', { params: { realm: 'a/../b?c' }, query: { limit: 5, after: undefined } })
  assert.equal(requests[0]?.url, 'https://auth.example.com/admin/v1/realms/a%2F..%2Fb%3Fc/organizations?limit=5')
})

test('version and key of a write are sent as headers', async () => {
  const { client, headers } = aClientOf(200, organization)
  const input = { params: { realm: 'prod', organization: 'acme' }, body: { name: 'Acme' } }
  await client.call('organizations.update', input, { ifMatch: 7, idempotencyKey: 'key-1' })
  await client.call('organizations.update', input, { ifMatch: '*' })
  await client.call('organizations.update', input)
  assert.deepEqual(
    headers.map((sent) => [sent.get('if-match'), sent.get('idempotency-key')]),
    [
      ['"7"', 'key-1'],
      ['*', null],
      [null, null],
    ],
  )
})

test('a list is read page by page, with the same query', async () => {
  const ids = ['a', 'b', 'c'].map((member) => ({ id: organization.id, permissions: [member] }))
  const { client, requests } = aClientOf(200, { items: ids.slice(0, 2), next: 'b' }, { items: ids.slice(2), next: null })
  const seen = await Array.fromAsync(
    client.iterate('requestors.list', { params: { realm: 'prod', organization: 'acme' }, query: { limit: 2 } }),
  )
  assert.deepEqual(seen, ids)
  assert.deepEqual(
    requests.map(({ url }) => new URL(url).search),
    ['?limit=2', '?limit=2&after=b'],
  )
})

test('a page is requested only when its items are read', async () => {
  const { client, requests } = aClientOf(200, { items: [{ id: organization.id, permissions: [] }], next: 'more' })
  for await (const item of client.iterate('requestors.list', { params: { realm: 'prod', organization: 'acme' } })) {
    assert.ok(item)
    break
  }
  assert.equal(requests.length, 1)
})

test('an error response becomes an error with code, remedy and invalid fields of the problem', async () => {
  const errors = [{ pointer: '/slug', detail: 'expected another' }]
  const problem = {
    type: 'https://auth.example.com/problems/conflict',
    title: 'Conflict',
    detail: 'There is one',
    remedy: 'Choose another',
    errors,
  }
  const { client } = aClientOf(409, problem)
  await assert.rejects(client.call('organizations.get', { params: { realm: 'prod', organization: 'acme' } }), (error: unknown) => {
    assert.ok(error instanceof AdminRequestError)
    assert.deepEqual(
      [error.code, error.status, error.message, error.remedy, error.errors, error.requestId],
      ['conflict', 409, 'There is one', 'Choose another', errors, 'request-1'],
    )
    return true
  })
})

test('an error response that is not a problem becomes an error with its status', async () => {
  const { client } = aClientOf(502, '<html>Bad gateway</html>')
  const call = client.call('organizations.get', { params: { realm: 'prod', organization: 'acme' } })
  await assert.rejects(call, (error: AdminRequestError) => error.code === 'http-502' && error.message === 'The admin API returned HTTP 502')
})

test('a response of another shape than in the table is rejected', async () => {
  const { client } = aClientOf(200, { ...organization, status: 'closed' })
  await assert.rejects(client.call('organizations.get', { params: { realm: 'prod', organization: 'acme' } }), /status/)
})
