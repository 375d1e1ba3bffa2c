import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sortByNearness } from './nearest-routes.ts'

const reported = [
  ['billing', 'GET', '/v1/invoices/{invoiceId}'],
  ['orders', 'GET', '/v1/partners/{sellerId}/orders'],
  ['orders', 'POST', '/v1/partners/{sellerId}/orders'],
  ['orders', 'GET', '/v1/me'],
] as const
const routes = reported.map(([api, method, route]) => ({ api, method, route }))

const asked: readonly [what: string, text: string, nearest: string][] = [
  ['a path in place of the template', 'GET /v1/partners/5f0c6a0e-8f55-4b6e-9a43-6a1f5d1f7c51/orders', 'GET /v1/partners/{sellerId}/orders'],
  ['a number in place of a parameter', 'GET /v1/invoices/17', 'GET /v1/invoices/{invoiceId}'],
  ['another name of the parameter', 'POST /v1/partners/{id}/orders', 'POST /v1/partners/{sellerId}/orders'],
  ['a mistyped segment', 'GET /v1/partner/{sellerId}/order', 'GET /v1/partners/{sellerId}/orders'],
  ['a prefix that the API does not see', 'GET /novatrade24/v1/me', 'GET /v1/me'],
  ['another method', 'DELETE /v1/me', 'GET /v1/me'],
]
for (const [what, text, nearest] of asked) {
  test(`the nearest route to ${what} comes first`, () => {
    const [method = '', route = ''] = text.split(' ')
    const [first] = sortByNearness(routes, { api: null, method, route })
    assert.equal(`${first?.method} ${first?.route}`, nearest)
  })
}

test('of equal routes that of the API comes first', () => {
  const twice = [...routes, { api: 'stock', method: 'GET', route: '/v1/me' }]
  assert.equal(sortByNearness(twice, { api: 'stock', method: 'GET', route: '/v1/me' })[0]?.api, 'stock')
})
