import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { operations, type Operation } from '@countersign/admin'
import { refusalOf, sameOrigin, sessionPath, signIn, withConsole, type Browser } from '../../test/console.fixture.ts'
import { shareTestServer } from '../../test/test-server.fixture.ts'

const rows = Object.entries(operations) as [string, Operation][]
const pathOf = ({ path }: Operation) =>
  path.replace('/admin/v1', '/console/api/v1').replace(/\{(\w+)\}/g, (_, name: string) => (name === 'realm' ? 'nt24-idp' : 'acme'))
const origin = 'http://localhost:8080'

suite('requests of other sites to the console', () => {
  const shared = shareTestServer(withConsole)
  let browser: Browser
  before(async () => {
    browser = await signIn(shared(), shared().operator)
  })
  const changes = async () => (await shared().database.query<{ value: number }>('select value from epoch'))[0]!.value
  const plain = (headers: Readonly<Record<string, string | undefined>>) => ({ ...headers, cookie: browser.cookie })

  const elsewhere: Record<string, Record<string, string>> = {
    'another site': { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' },
    'another host of this site': { 'sec-fetch-site': 'same-site', origin: 'http://other.localhost:8080' },
    'another site, in an old browser': { origin: 'https://evil.example' },
    'a sandboxed frame': { origin: 'null' },
    'two answers at once': { 'sec-fetch-site': 'same-origin, cross-site' },
  }
  for (const [name, headers] of Object.entries(elsewhere)) {
    test(`abuse 154: no operation and no step of a session is answered for ${name}, cookie or not`, async () => {
      const before = await changes()
      for (const [, operation] of rows) {
        const { method } = operation
        const response = await shared().request({
          method,
          url: pathOf(operation),
          headers: plain(headers),
          ...(method !== 'GET' && { payload: {} }),
        })
        assert.deepEqual(refusalOf(response), [403, 'cross-site-request'], `${method} ${operation.path}`)
      }
      for (const [method, url] of [
        ['GET', sessionPath],
        ['POST', sessionPath],
        ['DELETE', sessionPath],
        ['POST', `${sessionPath}/activity`],
        ['POST', `${sessionPath}/confirm`],
        ['GET', '/console/events'],
      ] as const)
        assert.deepEqual(refusalOf(await shared().request({ method, url, headers: plain(headers) })), [403, 'cross-site-request'], url)
      assert.equal(await changes(), before)
      assert.equal((await browser.session()).statusCode, 200)
    })
  }

  test('abuse 154: a write needs a proof of its origin: none is no proof, and neither is a typed address', async () => {
    for (const headers of [{}, { 'sec-fetch-site': 'none' }, { origin: 'http://localhost' }]) {
      const response = await shared().request({ method: 'POST', url: `${sessionPath}/activity`, headers: plain(headers) })
      assert.deepEqual(refusalOf(response), [403, 'cross-site-request'])
    }
    for (const headers of [{ origin }, sameOrigin])
      assert.equal((await shared().request({ method: 'POST', url: `${sessionPath}/activity`, headers: plain(headers) })).statusCode, 204)
  })

  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=b']) {
    test(`abuse 154: no operation accepts a body of ${type.split(';', 1)[0]}, not even from the page itself`, async () => {
      for (const [name, operation] of rows.filter(([, { method }]) => method !== 'GET')) {
        const headers = { 'content-type': type }
        const response = await browser.request({ method: operation.method, url: pathOf(operation), headers, payload: '{"name":"Evil"}' })
        assert.deepEqual(refusalOf(response), [415, 'unsupported-media-type'], name)
      }
    })
  }

  test('abuse 154: no preflight succeeds, and no response can be read by another origin', async () => {
    const grants = (headers: object) => Object.keys(headers).filter((name) => name.startsWith('access-control-'))
    for (const [name, operation] of rows) {
      const asked = { origin: 'https://evil.example', 'access-control-request-method': operation.method }
      const preflight = await shared().request({ method: 'OPTIONS', url: pathOf(operation), headers: plain(asked) })
      assert.ok(preflight.statusCode >= 400, name)
      assert.deepEqual(grants(preflight.headers), [], name)
    }
    const { headers } = await browser.session()
    assert.deepEqual(grants(headers), [])
    assert.equal(headers['cross-origin-resource-policy'], 'same-origin')
  })

  test('abuse 154: the admin API knows no cookie of the console, and the console no token', async () => {
    const token = await shared().tokenOf('operators', shared().operator)
    for (const [name, operation] of rows) {
      const ofApi = operation.path.replace(/\{(\w+)\}/g, (_, member: string) => (member === 'realm' ? 'nt24-idp' : 'acme'))
      const byCookie = await browser.request({ method: operation.method, url: ofApi })
      assert.equal(byCookie.statusCode, 401, name)
      assert.equal(byCookie.headers['set-cookie'], undefined, name)
      const headers = { ...sameOrigin, authorization: `Bearer ${token}` }
      const byToken = await shared().request({ method: operation.method, url: pathOf(operation), headers })
      assert.deepEqual(refusalOf(byToken), [401, 'signed-out'], name)
    }
  })

  test('the page itself opens from a link of another site', async () => {
    const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document', accept: 'text/html' }
    const response = await shared().request({ url: '/console/nt24-idp/organizations', headers })
    assert.match(String(response.headers['content-type']), /^text\/html/)
  })
})
