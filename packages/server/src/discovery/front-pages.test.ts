import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { after, test } from 'node:test'
import { chromium } from 'playwright-core'
import { startTestServerOnAnyStore } from '../../test/test-server.fixture.ts'

const { request, realms, listen } = await startTestServerOnAnyStore()
const browser = { accept: 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8' }
const paths = ['/', ...[...realms.values()].map(({ issuerPath }) => issuerPath).filter((path) => path !== '')]
const browserPath = process.env['CHROMIUM'] ?? '/usr/bin/chromium'

for (const path of paths) {
  test(`fault 8.10: ${path} is a page for browsers, and a problem for programs`, async () => {
    const page = await request({ url: path, headers: browser })
    assert.deepEqual([page.statusCode, page.headers['content-type'], page.headers['vary']], [200, 'text/html; charset=utf-8', 'accept'])
    assert.match(
      String(page.headers['content-security-policy']),
      /^default-src 'none'; style-src 'sha256-\S+'; base-uri 'none'; form-action 'none'/,
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

const skip = existsSync(browserPath) ? false : `there is no browser at "${browserPath}"; CHROMIUM can name another`
test('fault 8.10: in a browser the pages have their style, light and dark, and fit a phone', { skip }, async () => {
  const { origin } = await listen()
  const chrome = await chromium.launch({ executablePath: browserPath, args: ['--no-sandbox'] })
  after(() => chrome.close())
  const complaints: string[] = []
  for (const colorScheme of ['light', 'dark'] as const) {
    const tab = await chrome.newPage({ viewport: { width: 360, height: 740 }, colorScheme })
    tab.on('console', (message) => message.type() === 'error' && !/favicon/.test(message.location().url) && complaints.push(message.text()))
    for (const path of paths) {
      await tab.goto(origin + path)
      const [width, background] = (await tab.evaluate(
        `[document.documentElement.scrollWidth, getComputedStyle(document.body).backgroundColor]`,
      )) as [number, string]
      assert.deepEqual([width <= 360, background], [true, colorScheme === 'dark' ? 'rgb(18, 23, 30)' : 'rgb(255, 255, 255)'], path)
    }
    await tab.close()
  }
  assert.deepEqual(complaints, [])
})
