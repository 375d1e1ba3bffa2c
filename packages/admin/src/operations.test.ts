import assert from 'node:assert/strict'
import { test } from 'node:test'
import { z } from 'zod'
import { adminScopes, ifMatchOf, isWrite, maxScopeLength, operations, type Operation } from './index.ts'

const all: [string, Operation][] = Object.entries(operations)

for (const [name, { path, params, scope, method, reads }] of all) {
  test(`${name}: the members of its path are its params, and its scope matches its method`, () => {
    assert.deepEqual([...path.matchAll(/\{(\w+)\}/g)].map(([, member]) => member).toSorted(), Object.keys(params.shape).toSorted())
    if (scope === null) return
    assert.equal(scope.split(':')[1], isWrite({ method, ...(reads && { reads }) }) ? 'write' : 'read')
    assert.ok(adminScopes.includes(scope))
  })
}

test('an operation without a scope tells operators of themselves, or ends their own sessions', () => {
  const open = all.filter(([, { scope }]) => scope === null)
  assert.deepEqual(
    open.map(([name, { method }]) => [name, method]),
    [
      ['me.get', 'GET'],
      ['sessions.end', 'DELETE'],
    ],
  )
})

for (const [name, { path, acrossRealms }] of all) {
  test(`${name}: names its realm in its path, or says what an operator that is limited to realms gets`, () => {
    assert.equal(path.includes('{realm}'), acrossRealms === undefined)
  })
}

for (const [name, { output, etag, secret }] of all) {
  test(`${name}: the members of the response that it refers to are in its output shape`, () => {
    const members = Object.keys((output as z.ZodObject).shape)
    if (etag) assert.ok(members.includes('version'))
    if (secret !== undefined) assert.ok(members.includes(secret))
    assert.equal(name.endsWith('.delete') ? members.includes('deleted') : true, true)
  })
}

test('exactly the operations that return a versioned resource have an ETag', () => {
  for (const [name, { output, etag }] of all) {
    const { version, items } = (output as z.ZodObject).shape
    const isVersioned = version instanceof z.ZodNumber
    assert.equal(etag ?? false, isVersioned && items === undefined, name)
  }
})

test('If-Match names the version of the innermost versioned resource that a write changes', () => {
  const chosen = ['clients.update', 'requestors.delete', 'organizations.update', 'organizations.create', 'clients.get'] as const
  assert.deepEqual(
    chosen.map((name) => ifMatchOf(operations[name])),
    ['client', 'organization', 'organization', undefined, undefined],
  )
})

test('forcing the end of an old secret requires a reason', () => {
  const { body } = operations['rotation.confirm']
  assert.equal(body.safeParse({ force: true }).error?.issues[0]?.path.join(), 'reason')
  assert.deepEqual(body.parse({ force: true, reason: 'leaked' }), { force: true, reason: 'leaked' })
  assert.deepEqual(body.parse({}), { force: false })
})

for (const [name, operation] of all.filter(([, row]) => isWrite(row))) {
  test(`${name}: takes a reason, in its body only`, () => {
    const { body, query, params } = operation
    assert.ok(body && 'reason' in body.shape)
    assert.ok(!('reason' in { ...query?.shape, ...params.shape }))
    for (const refused of ['', ' ', 'a\nb', 'a\u202eb', 'x'.repeat(501)])
      assert.ok(body.safeParse({ reason: refused }).error?.issues.some(({ path }) => path.join() === 'reason'))
  })
}

test('a reason is required only where a change is forced or ends what is in use', () => {
  const required = all.filter(([, { body }]) => body?.safeParse({}).error?.issues.some(({ path }) => path[0] === 'reason'))
  assert.deepEqual(
    required.map(([name]) => name),
    ['organizations.cutTokens', 'organizations.lowerCut', 'clients.lowerCut', 'secrets.revoke', 'signingKeys.compromise'],
  )
})

test('booleans in a query are the words true and false', () => {
  const { query } = operations['partners.delete']
  assert.deepEqual(
    [query.parse({ force: 'true' }).force, query.parse({}).force, query.safeParse({ force: '1' }).success],
    [true, false, false],
  )
})

for (const from of ['2026-01-31', '2026-01-31T12:00:00', 'yesterday']) {
  test(`"${from}" is not an instant`, () => {
    assert.equal(operations['audit.search'].query.safeParse({ from }).success, false)
  })
}

for (const [member, shape] of Object.entries({
  secretExpiresAt: operations['rotation.start'].body,
  requiredFrom: operations['dpa.publish'].body,
  from: operations['audit.search'].query,
  to: operations['audit.search'].query,
})) {
  test(`fault 4.4: a day of "${member}" that does not exist is named in the error`, () => {
    for (const day of ['2027-02-30', '2026-04-31']) {
      const issues = shape.safeParse({ [member]: `${day}T12:00:00Z` }).error?.issues.filter(({ path }) => path[0] === member) ?? []
      assert.deepEqual(
        issues.map(({ message }) => message),
        [`Expected a day that exists; the calendar has no "${day}"`],
      )
    }
  })
}

test('fault 4.5: an instant with an offset is read, and recorded in UTC', () => {
  const body = { version: '1', requiredFrom: '2027-01-31T14:00:00+02:00', description: 'New' }
  assert.equal(operations['dpa.publish'].body.parse(body).requiredFrom, '2027-01-31T12:00:00.000Z')
  for (const text of ['2027-01-31T12:00:00+00:00', '2027-01-31T06:15:00-05:45']) {
    assert.equal(operations['audit.search'].query.parse({ from: text }).from, '2027-01-31T12:00:00.000Z')
    assert.equal(operations['rotation.start'].body.parse({ secretExpiresAt: text }).secretExpiresAt, '2027-01-31T12:00:00.000Z')
  }
})

test('no two operations have the same method and path', () => {
  assert.equal(new Set(all.map(([, { method, path }]) => `${method} ${path}`)).size, all.length)
})

test('abuse 145: no operation accepts an unknown member', () => {
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

test('the total length of scopes is limited', () => {
  const [fits, tooLong] = [maxScopeLength, maxScopeLength + 1].map((length) =>
    createBody.safeParse({ ...aBody, scopes: ['s'.repeat(length)] }),
  )
  assert.deepEqual([fits!.success, tooLong!.success], [true, false])
})

for (const name of ['', 'a\nb', 'a\0', '\u0085', 'x'.repeat(201)]) {
  test(`${JSON.stringify(name.slice(0, 10))} is not a valid display name`, () =>
    assert.equal(createBody.safeParse({ ...aBody, name }).success, false))
}

for (const clientId of ['', ' a', '.', '..', 'x'.repeat(256), 'a\n']) {
  test(`${JSON.stringify(clientId.slice(0, 10))} is not a valid client id`, () => {
    assert.equal(createBody.safeParse({ ...aBody, clientId }).success, false)
  })
}
