import assert from 'node:assert/strict'
import { before, suite, test } from 'node:test'
import { operations, type Operation } from '@countersign/admin'
import { shareTestServer } from '../../test/test-server.fixture.ts'

const evil = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors' }
const pathOf = ({ path }: Operation) => path.replace(/\{(\w+)\}/g, (_, name: string) => (name === 'realm' ? 'nt24-idp' : 'acme'))
const rows = Object.entries(operations) as [string, Operation][]

suite('requests of other sites', () => {
  const shared = shareTestServer({ settings: 'apiReference: true' })
  let token: string
  let changesBefore: number
  const changes = async () => (await shared().database.query<{ value: number }>('select value from epoch'))[0]!.value
  before(async () => {
    await shared().aClient('nt24-idp', { slug: 'acme' })
    token = await shared().tokenOf('operators', shared().operator)
    changesBefore = await changes()
  })

  /** What a form of another site can send without a preflight (the CORS-safelisted types), and the body in that type. */
  const forms = {
    'text/plain': '{"name":"Evil","slug":"evil","x":"="}',
    'application/x-www-form-urlencoded': 'name=Evil&slug=evil',
    'multipart/form-data; boundary=b': '--b\r\ncontent-disposition: form-data; name="name"\r\n\r\nEvil\r\n--b--\r\n',
  } as const
  for (const [type, payload] of Object.entries(forms)) {
    test(`abuse 154: no operation accepts a body of ${type.split(';', 1)[0]}, not even from an operator`, async () => {
      for (const [name, operation] of rows.filter(([, { method }]) => method !== 'GET')) {
        const { method } = operation
        const headers = { ...evil, 'content-type': type, authorization: `Bearer ${token}` }
        const response = await shared().request({ method, url: pathOf(operation), headers, payload })
        assert.deepEqual([response.statusCode, response.json().type], [415, 'http://localhost:8080/problems/unsupported-media-type'], name)
      }
      assert.equal(await changes(), changesBefore)
    })
  }

  test('abuse 154: credentials that a browser adds by itself grant no access, and the API sets no cookie', async () => {
    for (const [name, operation] of rows) {
      const headers = { ...evil, cookie: `token=${token}; access_token=${token}; session=${token}` }
      const response = await shared().request({ method: operation.method, url: pathOf(operation), headers })
      assert.equal(response.statusCode, 401, name)
      assert.equal(response.headers['set-cookie'], undefined, name)
    }
    const listed = await shared().request({ url: '/admin/v1/realms', headers: { authorization: `Bearer ${token}` } })
    assert.deepEqual([listed.statusCode, listed.headers['set-cookie']], [200, undefined])
    assert.equal((await shared().request({ url: `/admin/v1/realms?access_token=${token}` })).statusCode, 401)
  })

  test('abuse 154: pages of other origins cannot read a response, and no preflight succeeds', async () => {
    const grants = (headers: object) => Object.keys(headers).filter((name) => name.startsWith('access-control-'))
    for (const [name, operation] of rows) {
      const url = pathOf(operation)
      const asked = { ...evil, 'access-control-request-method': operation.method, 'access-control-request-headers': 'authorization' }
      const preflight = await shared().request({ method: 'OPTIONS', url, headers: asked })
      assert.ok(preflight.statusCode >= 400, name)
      assert.deepEqual(grants(preflight.headers), [], name)
      const { headers } = await shared().request({ method: operation.method, url, headers: { ...evil, authorization: `Bearer ${token}x` } })
      assert.deepEqual(grants(headers), [], name)
    }
    const { headers } = await shared().request({ url: '/admin/v1/realms', headers: { ...evil, authorization: `Bearer ${token}` } })
    assert.deepEqual(grants(headers), [])
  })

  for (const url of ['/admin/v1/reference', '/problems', '/problems/invalid-token']) {
    test(`abuse 154: the page ${url} cannot be framed, in new browsers or old ones`, async () => {
      const { headers } = await shared().request({ url, headers: { accept: 'text/html' } })
      assert.match(String(headers['content-type']), /^text\/html/)
      assert.match(String(headers['content-security-policy']), /default-src 'none';.*frame-ancestors 'none'/)
      assert.equal(headers['x-frame-options'], 'DENY')
    })
  }
})
