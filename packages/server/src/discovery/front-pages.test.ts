import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fastify from 'fastify'
import { startTestServerOnAnyStore } from '../../test/test-server.fixture.ts'
import { mountServerFrontPage } from './front-pages.ts'

const { request, realms } = await startTestServerOnAnyStore()
const browser = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' }
const paths = ['/', ...[...realms.values()].map(({ issuerPath }) => issuerPath).filter((path) => path !== '')]

for (const path of paths) {
  test(`fault 8.10: ${path} is a page for browsers, and a problem for programs`, async () => {
    const page = await request({ url: path, headers: browser })
    assert.deepEqual([page.statusCode, page.headers['content-type'], page.headers['vary']], [200, 'text/html; charset=utf-8', 'accept'])
    assert.match(
      String(page.headers['content-security-policy']),
      /^default-src 'none'; style-src 'sha256-\S+'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'/,
    )
    assert.doesNotMatch(page.body, /0\.1\.0|<script|src=|fastify|node\b/i)
    for (const headers of [{}, { accept: 'application/json' }, { accept: '*/*' }]) {
      const answer = await request({ url: path, headers })
      assert.deepEqual([answer.statusCode, answer.headers['content-type']], [404, 'application/problem+json; charset=utf-8'])
      assert.match(answer.json().detail, /only a page for browsers/)
    }
  })
}

test('fault 8.10: the page of the server names no realm', async () => {
  const { body } = await request({ url: '/', headers: browser })
  for (const { name, issuerPath } of realms.values())
    if (name !== 'operators') assert.ok(!body.includes(name) && (issuerPath === '' || !body.includes(issuerPath)))
})

test('fault 8.10: every link of a page leads to an answer', async () => {
  for (const path of paths)
    for (const [, href] of (await request({ url: path, headers: browser })).body.matchAll(/href="([^"]+)"/g))
      assert.equal((await request({ url: href!, headers: browser })).statusCode, 200, `${href} on ${path}`)
})

test('the start page links to the console and the portal only where they are on', async () => {
  const app = fastify()
  after(() => app.close())
  const links = { console: true, portal: true, reference: true }
  await app.register((scope) => mountServerFrontPage(scope, links))
  const page = (await app.inject({ url: '/', headers: browser })).body
  for (const href of ['/console', '/portal', '/problems', '/admin/v1/reference']) assert.ok(page.includes(`href="${href}"`), href)
  const { body } = await request({ url: '/', headers: browser })
  assert.doesNotMatch(body, /\/console|\/portal|\/admin\/v1\/reference/)
})
