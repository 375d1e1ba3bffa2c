import assert from 'node:assert/strict'
import { request as rawRequest } from 'node:http'
import { test } from 'node:test'
import { findFaultsOfPages, launchBrowser, skipWithoutBrowser } from '@countersign/server/pages.fixture'
import { startTestDemo } from '../demo.fixture.ts'

const { serverUrl, apiUrl, systems } = await startTestDemo()
const browser = { accept: 'text/html,application/xhtml+xml,*/*;q=0.8' }

for (const path of ['/', ...Object.keys(systems).map((name) => `/${name}`)]) {
  test(`fault 8.10: ${path} of the sample APIs is a page for browsers, with links that lead somewhere`, async () => {
    const page = await fetch(apiUrl + path, { headers: browser })
    const html = await page.text()
    assert.deepEqual([page.status, page.headers.get('content-type')], [200, 'text/html; charset=utf-8'])
    assert.match(page.headers.get('content-security-policy') ?? '', /^default-src 'none'; style-src 'sha256-/)
    if (path !== '/') assert.match(html, new RegExp(`<li><code>(?:GET|POST) ${path}/`))
    assert.doesNotMatch(html, /\{sellerId\}[^<]*\{sellerId\}|0\.1\.0|HEAD /)
    for (const [, href = ''] of html.matchAll(/href="([^"]+)"/g))
      assert.equal((await fetch(new URL(href, apiUrl), { headers: browser })).status, 200, href)
    assert.equal((await fetch(apiUrl + path)).status, 404)
  })
}

test('the page of the system that has a client with a key shows how to run it', async () => {
  const pageOf = async (name: string) => (await fetch(`${apiUrl}/${name}`, { headers: browser })).text()
  assert.match(await pageOf('partner-api'), /<code>npm run consumer -- partner-api acme-key<\/code>/)
  assert.doesNotMatch(await pageOf('ptv'), /acme-key/)
})

for (const path of ['/nothing', '/novatrade24/nothing', '/ptv/routes/', '/novatrade24/v1/partners']) {
  test(`fault 8.10: the unknown path ${path} of the sample APIs is a problem document for programs, and a page for browsers`, async () => {
    const response = await fetch(apiUrl + path)
    const problem = (await response.json()) as Record<string, string>
    assert.deepEqual([response.status, problem['type']], [404, `${serverUrl}/problems/not-found`])
    assert.equal(problem['instance'], `urn:request:${response.headers.get('x-request-id')}`)
    assert.match(response.headers.get('content-type') ?? '', /^application\/problem\+json/)
    const page = await fetch(apiUrl + path, { headers: browser })
    assert.deepEqual([page.status, page.headers.get('content-type')], [404, 'text/html; charset=utf-8'])
    assert.ok((await page.text()).includes(`href="${serverUrl}/problems/not-found"`))
  })
}

for (const [path, difference] of [
  ['/novatrade24/', 'a slash at its end'],
  ['/novatrade24/v1/me/?x=/', 'a slash at its end'],
  ['/novatrade24//v1/me', 'two slashes in a row'],
] as const) {
  test(`fault 8.8: ${path} of the sample APIs is told that it has ${difference}`, async () => {
    const { detail } = (await (await fetch(apiUrl + path)).json()) as { detail: string }
    assert.equal(detail, `The path has ${difference}.`)
  })
}

test('fault 8.10: a path that cannot be decoded gets a problem document, too', async () => {
  const text = await new Promise<string>((resolve, reject) => {
    const { hostname, port } = new URL(apiUrl)
    rawRequest({ hostname, port, path: '/%zz' }, (response) => {
      response.setEncoding('utf8')
      response.once('data', resolve)
    })
      .once('error', reject)
      .end()
  })
  assert.equal(JSON.parse(text).type, `${serverUrl}/problems/invalid-request`)
})

test(
  'in a browser the pages of the sample APIs keep to WCAG 2.2 AA, light and dark, and fit a phone',
  { skip: skipWithoutBrowser },
  async () => {
    const addresses = ['/', '/novatrade24', '/partner-api', '/nothing'].map((path) => apiUrl + path)
    assert.deepEqual(await findFaultsOfPages(await launchBrowser(), addresses), [])
  },
)
