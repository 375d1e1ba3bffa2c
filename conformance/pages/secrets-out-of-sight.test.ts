// Secrets, tokens, links and private keys of a working day at the console and the portal: each is in the one answer that brings it, and afterwards
// in no address, no other answer, no hint, no storage of the browser and no page. What is in logs and in the store: `portal-session.test.ts`,
// `session-routes.test.ts`, `try-token.test.ts` and `invitations.test.ts` of the server.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Page, Request } from 'playwright-core'
import { skipWithoutBrowser } from './browser.ts'
import { aClient } from './jobs.ts'
import { consoleAddress, openPage, shareOpenedPages } from './opened-pages.ts'
import { readClipboard } from './operate.ts'
import { fullRealm } from './served-pages.ts'

interface Seen {
  /** Where something that a person must not find again could be, with its text. */
  texts(): Promise<readonly (readonly [where: string, text: string])[]>
}

/** @param bringsIt whether the answer to a request is one that brings something secret */
async function watch(tab: Page, bringsIt: (request: Request) => boolean): Promise<Seen> {
  const seen: (readonly [string, string])[] = []
  const reading: Promise<unknown>[] = []
  tab.on('request', (request) => {
    seen.push([`the address ${request.url()}`, request.url()], ['a Referer', request.headers()['referer'] ?? ''])
    // A person types a secret to sign in; a step sends one nowhere else.
    if (!bringsIt(request) && !/\/api\/(?:session|try)/.test(request.url()))
      seen.push([`what was sent to ${request.url()}`, request.postData() ?? ''])
  })
  tab.on('response', (response) => {
    const request = response.request()
    if (bringsIt(request) || response.headers()['content-type']?.startsWith('text/event-stream')) return
    reading.push(
      response.text().then(
        (text) => seen.push([`the answer of ${request.method()} ${response.url()}`, text]),
        () => {}, // Of a page that was left.
      ),
    )
  })
  tab.on('console', (message) => seen.push(['the log of the browser', message.text()]))
  const devices = await tab.context().newCDPSession(tab)
  await devices.send('Network.enable')
  devices.on('Network.eventSourceMessageReceived', ({ data }) => seen.push(['a hint', data]))
  return {
    async texts() {
      await Promise.all(reading)
      const kept: string = await tab.evaluate(readStorage)
      const cookies = (await tab.context().cookies()).filter(({ httpOnly }) => !httpOnly)
      return [...seen, ['the storage of the browser', kept], ['the page', await tab.content()], ['a cookie', JSON.stringify(cookies)]]
    },
  }
}

const readStorage = `(async () => {
  const databases = await indexedDB.databases()
  const caches = await globalThis.caches.keys()
  const fields = [...document.querySelectorAll('input, textarea')].map(({ value }) => value)
  return JSON.stringify([{ ...localStorage }, { ...sessionStorage }, history.state, document.cookie, name, databases, caches, fields])
})()`

function assertNowhere(texts: readonly (readonly [where: string, text: string])[], secrets: Readonly<Record<string, string>>): void {
  const found = Object.entries(secrets).flatMap(([what, secret]) => {
    assert.ok(secret.length >= 20, what)
    return texts.filter(([, text]) => text.includes(secret)).map(([where]) => `${what} is in ${where}`)
  })
  assert.deepEqual(found, [])
}

describe('secrets', { skip: skipWithoutBrowser }, () => {
  const shared = shareOpenedPages()
  const address = (path: string) => consoleAddress(shared(), path)

  test('abuse 149: at the console they are in the answer that makes them, and nowhere afterwards', async () => {
    const { tab, takeFaults } = await shared().openTab({ operator: null, isExpected: (text) => text.includes('401') })
    const seen = await watch(
      tab,
      (request) => request.method() === 'POST' && /\/(?:clients|secret-rotation|invitations)$/.test(request.url()),
    )
    const { clientId, clientSecret } = shared().owner
    await tab.goto(address('/sign-in'))
    await tab.getByLabel('Client id').fill(clientId)
    await tab.getByLabel('Client secret').fill(clientSecret)
    await tab.getByRole('button', { name: 'Sign in' }).click()
    await tab.locator('.whose').first().waitFor()

    const dialog = tab.getByRole('dialog')
    const copyAndClose = async () => {
      await dialog.getByRole('button', { name: 'Copy', exact: true }).click()
      await dialog.getByText('Copied.').waitFor()
      const copied = await readClipboard(tab)
      await dialog.getByRole('button', { name: 'Done' }).click()
      await dialog.waitFor({ state: 'detached' })
      return copied
    }
    await openPage(tab, address('/operators'))
    await tab.getByRole('button', { name: 'New operator' }).click()
    await dialog.getByLabel('Name', { exact: true }).fill('For a day')
    await dialog.getByLabel(/^Client id/).fill('for-a-day')
    await dialog.getByRole('button', { name: 'New operator' }).click()
    const made = await copyAndClose()
    const row = tab.getByRole('row').filter({ hasText: 'for-a-day' })
    await row.getByText('Steps').click()
    await row.getByRole('button', { name: 'Replace the secret' }).click()
    await dialog.getByRole('button', { name: 'Replace the secret' }).click()
    const replaced = await copyAndClose()
    await openPage(tab, address(`/${fullRealm}/organizations/acme`))
    await tab.getByRole('button', { name: 'Invite to portal' }).first().click()
    await dialog.getByRole('button', { name: 'Invite to portal' }).click()
    const [, link = ''] = (await copyAndClose()).split('#')
    for (const path of ['/operators', '/operators/clients/for-a-day', '/audit?tab=all', '/sessions', `/${fullRealm}/organizations/acme`])
      await openPage(tab, address(path))

    assert.equal(new Set([clientSecret, made, replaced]).size, 3)
    const session = (await tab.context().cookies()).find(({ httpOnly }) => httpOnly)
    assertNowhere(await seen.texts(), {
      'the secret of the sign-in': clientSecret,
      'the first secret': made,
      'the second secret': replaced,
      'the link of the invitation': link,
      'the cookie': session!.value,
    })
    assert.deepEqual(takeFaults(), [])
  })

  test('abuse 149: at the portal a secret and a token that was tried out are nowhere afterwards', async () => {
    const clientId = 'secret-at-portal'
    const { secret } = await aClient(shared().admin, clientId)
    const { tab, takeFaults } = await shared().openTab({ operator: null, isExpected: (text) => text.includes('401') })
    const seen = await watch(tab, (request) => request.method() === 'POST' && /\/(?:secret-rotation|try\/token)$/.test(request.url()))
    const portal = (path: string) => `${shared().origin}/portal${path}`
    await tab.goto(portal('/sign-in'))
    await tab.evaluate(
      async ([url, body]) => {
        await fetch(url!, { method: 'POST', headers: { 'content-type': 'application/json' }, body: body! })
      },
      ['/portal/api/session', JSON.stringify({ realm: fullRealm, clientId, clientSecret: secret })],
    )
    await openPage(tab, portal(`/try?client=${clientId}`))
    await tab.getByLabel(/^Client secret/).fill(secret)
    const [tried] = await Promise.all([
      tab.waitForResponse((response) => response.url().endsWith('/try/token')),
      tab.locator('main button[type="submit"]').click(),
    ])
    const { access_token: token } = (await tried.json()) as { access_token: string }
    await openPage(tab, portal(`/clients/${clientId}/rotate`))
    await tab.getByRole('button', { name: 'Make a new secret' }).click()
    await tab.getByRole('button', { name: 'Copy', exact: true }).click()
    const made = await readClipboard(tab)
    await tab.getByRole('button', { name: 'I have saved it' }).click()
    for (const path of ['', '/clients', `/clients/${clientId}`, '/activity', '/usage', '/try']) await openPage(tab, portal(path))

    const session = (await tab.context().cookies()).find(({ httpOnly }) => httpOnly)
    const [, , signature = ''] = token.split('.')
    assertNowhere(await seen.texts(), {
      'the secret of the sign-in': secret,
      'the new secret': made,
      'the token': signature,
      'the cookie': session!.value,
    })
    assert.deepEqual(takeFaults(), [])
  })
})
