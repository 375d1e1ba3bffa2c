import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startTestServerOnAnyStore } from '../../test/test-server.fixture.ts'

const { request } = await startTestServerOnAnyStore()

for (const path of ['/', '/auth/realms/prod', '/nothing', '/admin/v1', '/problems/', '//problems', '/problems/a/b']) {
  test(`${path} gets 404 with a problem that carries the request id`, async () => {
    const response = await request({ url: path })
    assert.equal(response.statusCode, 404)
    assert.match(String(response.headers['content-type']), /^application\/problem\+json/)
    assert.equal(response.json().instance, `urn:request:${response.headers['x-request-id']}`)
  })
}

test('a method that a path does not support gets 405 with the methods that it does support', async () => {
  const response = await request({ method: 'DELETE', url: '/problems' })
  assert.equal(response.statusCode, 405)
  assert.deepEqual(String(response.headers['allow']).split(', ').toSorted(), ['GET', 'HEAD'])
})

for (const path of ['/%zz', '/problems/%', '/problems/%ff', `/problems/${'x'.repeat(300)}`]) {
  test(`${path.slice(0, 20)} cannot be decoded and gets a problem`, async () => {
    const response = await request({ url: path })
    assert.equal(response.statusCode, 400)
    assert.match(response.json().type, /\/invalid-request$/)
    assert.equal(response.json().instance, `urn:request:${response.headers['x-request-id']}`)
  })
}
