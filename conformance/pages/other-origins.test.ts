// What a page of another origin can do to the console of a person who has signed in: nothing, and it learns nothing. The other origin is of the
// same site (another port of localhost), so the browser sends the cookie: the server alone has to refuse.
import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:http'
import { after, before, describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import { skipWithoutBrowser } from './browser.ts'
import { openPages, openPage, type OpenedPages } from './opened-pages.ts'
import { fullRealm, signIn } from './served-pages.ts'

describe('a page of another origin', { skip: skipWithoutBrowser }, () => {
  let pages: OpenedPages
  let other: Awaited<ReturnType<typeof serveOtherOrigin>>
  before(async () => {
    pages = await openPages()
    other = await serveOtherOrigin()
  })
  after(async () => {
    await pages.close()
    other.close()
  })
  const partners = async () => (await pages.admin.call('partners.list', { params: { realm: fullRealm } })).items.length
  const write = () => `${pages.origin}/console/api/v1/realms/${fullRealm}/organizations/acme/suspend`
  const isActive = async () =>
    (await pages.admin.call('organizations.get', { params: { realm: fullRealm, organization: 'acme' } })).status === 'active'

  /** Signed in to the console, and at a page of the other origin in the same browser. */
  async function visit(): Promise<Page> {
    const { tab, context } = await pages.openTab({ isExpected: () => true })
    const cookies = await context.cookies(pages.origin)
    assert.deepEqual(
      cookies.map(({ name, httpOnly, sameSite }) => ({ name, httpOnly, sameSite })),
      [{ name: 'countersign-console', httpOnly: true, sameSite: 'Strict' }],
    )
    await tab.goto(other.origin)
    return tab
  }

  test('abuse 154: its forms change nothing, whatever their type', async () => {
    const tab = await visit()
    for (const type of ['application/x-www-form-urlencoded', 'text/plain', 'multipart/form-data']) {
      await tab.goto(other.origin)
      const [answer] = await Promise.all([
        tab.waitForResponse((response) => response.url() === write()),
        tab.waitForURL(write()), // Until the page has gone there, it can still interrupt the next visit.
        tab.evaluate(submitForm, [write(), type] as const),
      ])
      assert.equal(answer.status(), 403, type)
    }
    assert.equal(await isActive(), true)
  })

  test('abuse 154: its requests by script change nothing, and it reads no answer', async () => {
    const tab = await visit()
    const before = await partners()
    const read = `${pages.origin}/console/api/v1/realms/${fullRealm}/organizations`
    const partner = `${pages.origin}/console/api/v1/realms/${fullRealm}/partners/${crypto.randomUUID()}`
    const attempts: [string, Init][] = [
      [read, { credentials: 'include' }],
      [`${pages.origin}/console/api/session`, { credentials: 'include' }],
      [`${pages.origin}/console/events`, { credentials: 'include' }],
      [write(), { method: 'POST', credentials: 'include', body: '{}' }],
      [write(), { method: 'POST', credentials: 'include', headers: { 'content-type': 'application/json' }, body: '{}' }],
      [partner, { method: 'PUT', credentials: 'include', headers: { 'content-type': 'application/json' }, body: '{"name":"Theirs"}' }],
      [`${pages.origin}/console/api/session`, { method: 'DELETE', credentials: 'include' }],
    ]
    for (const [url, init] of attempts)
      assert.equal(await tab.evaluate(attempt, [url, init] as const), 'refused', `${init.method ?? 'GET'} ${url}`)
    for (const [url, init] of attempts.filter(([, { method = 'GET', headers }]) => /GET|POST/.test(method) && !headers)) {
      const opaque = await tab.evaluate(attempt, [url, { ...init, mode: 'no-cors' }] as const)
      assert.ok(opaque === 'refused' || opaque === 'opaque, status 0, 0 bytes', `${url}: ${opaque}`)
    }
    assert.equal(await isActive(), true)
    assert.equal(await partners(), before)
    await openPage(tab, `${pages.origin}/console/${fullRealm}`) // The session is still there.
  })

  test('abuse 154: it can neither frame the console, nor show its files as images or scripts, nor open a WebSocket', async () => {
    const tab = await visit()
    const url = `${pages.origin}/console/${fullRealm}`
    const script = await (await fetch(url)).text().then((html) => /src="(\/console\/assets\/[^"]+)"/.exec(html)![1]!)
    assert.equal(await tab.evaluate(load, ['img', `${pages.origin}/console/api/v1/realms`] as const), 'error')
    assert.equal(await tab.evaluate(load, ['script', pages.origin + script] as const), 'error')
    assert.equal(await tab.evaluate(openSocket, `${pages.origin.replace('http', 'ws')}/console/events`), 'error')
    await tab.evaluate(load, ['iframe', url] as const)
    const frame = tab.frames().find((one) => one !== tab.mainFrame())!
    assert.equal(await frame.locator('#app').count(), 0)
    assert.match(frame.url(), /^chrome-error:/)
  })

  test('abuse 154: a window that it opens is out of its reach, and messages to it do nothing', async () => {
    const tab = await visit()
    const url = `${pages.origin}/console/${fullRealm}`
    const [opened] = await Promise.all([
      tab.waitForEvent('popup'),
      tab.evaluate((to) => void Object.assign(globalThis, { opened: open(to) }), url),
    ])
    await opened.locator('h1').first().waitFor()
    assert.equal(await opened.evaluate(() => opener === null), true)
    assert.equal(await tab.evaluate(reachOpened), 'closed for it')
    assert.equal(await isActive(), true)
    await opened.close()
  })

  test('abuse 154: the cookie of the console opens nothing at the admin API', async () => {
    const { tab } = await pages.openTab({ isExpected: (text) => text.includes('401') })
    for (const path of ['/admin/v1/realms', '/admin/v1/me', `/admin/v1/realms/${fullRealm}/organizations`])
      assert.equal(await tab.evaluate(async (at) => (await fetch(at)).status, path), 401, path)
  })

  test('a cookie that was set beforehand is not the session afterwards', async () => {
    const { tab, context } = await pages.openTab({ operator: null, isExpected: (text) => text.includes('401') })
    const planted = { name: 'countersign-console', value: 'planted-by-another-page-0123456789', url: pages.origin }
    await context.addCookies([planted])
    await signIn(tab, pages.origin, pages.owner)
    const [cookie] = await context.cookies(pages.origin)
    assert.notEqual(cookie!.value, planted.value)
    const session = (value: string) =>
      fetch(`${pages.origin}/console/api/session`, { headers: { cookie: `countersign-console=${value}` } }).then(({ status }) => status)
    assert.deepEqual([await session(planted.value), await session(cookie!.value)], [401, 200])

    // Nor is the session of one who signed in before.
    await signIn(tab, pages.origin, pages.owner)
    const [renewed] = await context.cookies(pages.origin)
    assert.notEqual(renewed!.value, cookie!.value)
    assert.deepEqual([await session(cookie!.value), await session(renewed!.value)], [401, 200])
  })
})

async function serveOtherOrigin() {
  const server = createServer((_request, response) =>
    response.setHeader('content-type', 'text/html').end('<!doctype html><title>Another</title>'),
  )
  await once(server.listen(0, '127.0.0.1'), 'listening')
  return {
    origin: `http://localhost:${(server.address() as AddressInfo).port}`,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}

interface Init {
  readonly method?: string
  readonly mode?: 'no-cors'
  readonly credentials: 'include'
  readonly headers?: Record<string, string>
  readonly body?: string
}

// In the page of the other origin:

function submitForm([action, enctype]: readonly [string, string]): void {
  const form = Object.assign(document.createElement('form'), { action, enctype, method: 'post' })
  form.append(Object.assign(document.createElement('input'), { name: '{"reason":"', value: 'theirs"}' }))
  document.body.append(form)
  form.submit()
}

async function attempt([url, init]: readonly [string, Init]): Promise<string> {
  try {
    const response = await fetch(url, init)
    const { byteLength } = await response.arrayBuffer()
    return `${response.type}, status ${response.status}, ${byteLength} bytes`
  } catch {
    return 'refused'
  }
}

function load([kind, url]: readonly ['img' | 'script' | 'iframe', string]): Promise<string> {
  return new Promise((done) => {
    const element = document.createElement(kind)
    element.addEventListener('load', () => done('load'))
    element.addEventListener('error', () => done('error'))
    element.src = url
    document.body.append(element)
  })
}

function openSocket(url: string): Promise<string> {
  return new Promise((done) => {
    const socket = new WebSocket(url)
    socket.addEventListener('open', () => done('open'))
    socket.addEventListener('error', () => done('error'))
  })
}

function reachOpened(): string {
  const { opened } = globalThis as unknown as { opened: Window }
  opened.postMessage({ operation: 'organizations.suspend' }, '*')
  try {
    return opened.closed ? 'closed for it' : String(opened.document.title)
  } catch (error) {
    return (error as Error).name
  }
}
