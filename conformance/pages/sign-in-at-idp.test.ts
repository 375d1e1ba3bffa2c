// An operator signs in at the identity provider of the company: from the page there, through its pages, and back to the page, signed in.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { BrowserContext, Page } from 'playwright-core'
import { skipWithoutBrowser } from './browser.ts'
import { sharePagesWithIdp, signInAtCompany } from './pages-with-idp.ts'
import { fullRealm } from './served-pages.ts'

describe('signing in at an identity provider on another site', { skip: skipWithoutBrowser }, () => {
  const shared = sharePagesWithIdp()

  async function open(): Promise<{ readonly context: BrowserContext; readonly tab: Page; readonly reports: string[] }> {
    const { context, tab } = await shared().openTab()
    const reports: string[] = []
    tab.on('request', (request) => {
      if (request.url().endsWith('/csp-report')) reports.push(request.postData() ?? '')
    })
    return { context, tab, reports }
  }

  async function signIn(tab: Page, login: string, query: string): Promise<void> {
    await tab.goto(`${shared().origin}/console/sign-in`)
    await tab.evaluate((path) => void globalThis.location.assign(path), `/console/api/oidc/start?${query}`)
    await signInAtCompany(tab, login)
    await tab.waitForURL(`${shared().origin}/console/**`)
  }

  const session = (tab: Page) =>
    tab.evaluate(async () => {
      const response = await fetch('/console/api/session')
      return { status: response.status, body: (await response.json()) as { person?: { name: string }; confirmedUntil?: string } }
    })

  test('ends on the page that was left, signed in as a person; the cookie is sent although another site has sent the browser', async () => {
    const { context, tab, reports } = await open()
    await signIn(tab, 'ada', `return=/console/${fullRealm}/clients`)
    await tab.getByRole('heading', { name: 'Clients', level: 1 }).waitFor()
    assert.equal(new URL(tab.url()).pathname, `/console/${fullRealm}/clients`)
    const { status, body } = await session(tab)
    assert.deepEqual([status, body.person?.name], [200, 'Ada Lovelace'])
    const cookies = (await context.cookies(shared().origin)).map(({ name, httpOnly, sameSite }) => [name, httpOnly, sameSite])
    assert.deepEqual(cookies, [['countersign-console', true, 'Strict']])
    assert.deepEqual(reports, [])
    await context.close()
  })

  test('a second time, for a fresh sign-in, it asks again and the session goes on', async () => {
    const { context, tab } = await open()
    await signIn(tab, 'ada', `return=/console/${fullRealm}/clients`)
    await tab.getByRole('heading', { name: 'Clients', level: 1 }).waitFor()
    const [before] = await context.cookies(shared().origin)
    const { body } = await session(tab)
    await tab.evaluate(
      (path) => void globalThis.location.assign(path),
      `/console/api/oidc/start?confirm=1&return=/console/${fullRealm}/partners`,
    )
    await signInAtCompany(tab, 'ada', false)
    await tab.getByRole('heading', { name: 'Partners', level: 1 }).waitFor()
    const [after] = await context.cookies(shared().origin)
    assert.equal(after?.value, before?.value)
    assert.ok((await session(tab)).body.confirmedUntil! > body.confirmedUntil!)
    await context.close()
  })

  test('a person without a role ends on the sign-in page, without a session', async () => {
    const { context, tab } = await open()
    await signIn(tab, 'eve', '')
    await tab.waitForURL(`${shared().origin}/console/sign-in?error=no-role`)
    assert.equal((await session(tab)).status, 401)
    assert.deepEqual(await context.cookies(shared().origin), [])
    await context.close()
  })
})
