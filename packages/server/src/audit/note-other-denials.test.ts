import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { shareTestServer } from '../../test/test-server.fixture.ts'

const refusals = {
  'a guarded call without a token': {
    request: { url: '/realms/nt24-idp/v1/me' },
    reason: 'http-401',
    route: '/realms/nt24-idp/v1/me',
    code: 'missing-token',
  },
  'the admin API without a token': {
    request: { url: '/admin/v1/realms/prod/clients/api-client-acme' },
    reason: 'http-401',
    route: '/admin/v1/realms/:realm/clients/:client',
    code: 'missing-token',
  },
  'a token URL called by GET': {
    request: { url: '/partner-api/oauth/token?client_secret=canary' },
    reason: 'http-405',
    route: null,
    code: 'token-method-not-allowed',
  },
  'a path that does not exist': { request: { url: '/canary' }, reason: 'http-404', route: null, code: 'not-found' },
} as const

suite('denials outside of the token endpoint', () => {
  const shared = shareTestServer()

  for (const [what, { request: options, reason, route, code }] of Object.entries(refusals)) {
    test(`${what} is in the audit log with the pattern of its route, if it has one, and without text chosen by the caller`, async () => {
      const { request, auditEvents } = shared()
      const { headers } = await request(options)
      const event = (await auditEvents()).find(({ request_id: id }) => id === headers['x-request-id'])
      assert.deepEqual([event?.kind, event?.reason], ['request', reason])
      assert.deepEqual(JSON.parse(String(event?.detail)), { method: 'GET', route, code })
    })
  }
})
