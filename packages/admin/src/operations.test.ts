import assert from 'node:assert/strict'
import { test } from 'node:test'
import { adminScopes, longestScope, operations, type Operation } from './index.ts'

const all: [string, Operation][] = Object.entries(operations)

for (const [name, { path, params, scope, method }] of all) {
  test(`${name}: the members of its path are its params, and its scope fits what it does`, () => {
    assert.deepEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, member]) => member).toSorted(), Object.keys(params.shape).toSorted())
    assert.equal(scope.split(':')[1], method === 'GET' ? 'read' : 'write')
    assert.ok(adminScopes.includes(scope))
  })
}

test('no two operations share method and path', () => {
  assert.equal(new Set(all.map(([, { method, path }]) => `${method} ${path}`)).size, all.length)
})

test('abuse 145: no operation takes a member that it does not name', () => {
  for (const [name, { params, query, body }] of all) {
    for (const shape of [params, query, body])
      assert.equal(shape?.safeParse({ isAdmin: true }).error?.issues.some(({ code }) => code === 'unrecognized_keys') ?? true, true, name)
  }
})

const createBody = operations['clients.create'].body
const aBody = { organization: 'acme', name: 'Backend' }

test('a client is enabled unless the body says otherwise', () => {
  const { enabled, serviceAccountEnabled, accessTokenLifetime } = createBody.parse(aBody)
  assert.deepEqual([enabled, serviceAccountEnabled, accessTokenLifetime], [true, true, null])
})

test('scopes are bounded by their length together', () => {
  const [fits, tooLong] = [longestScope, longestScope + 1].map((length) => createBody.safeParse({ ...aBody, scopes: ['s'.repeat(length)] }))
  assert.deepEqual([fits!.success, tooLong!.success], [true, false])
})

for (const name of ['', 'a\nb', 'a\0', '\u0085', 'x'.repeat(201)]) {
  test(`${JSON.stringify(name.slice(0, 10))} is no name to show`, () =>
    assert.equal(createBody.safeParse({ ...aBody, name }).success, false))
}

for (const clientId of ['', 'a b', 'a/b', '-a', '../a', 'ä', 'x'.repeat(129), 'a\n']) {
  test(`${JSON.stringify(clientId.slice(0, 10))} is no client id`, () => {
    assert.equal(createBody.safeParse({ ...aBody, clientId }).success, false)
  })
}
