// Operators who signed in at their company: what was typed stays while they sign in again in another tab.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { withIdp } from '@countersign/server/idp/idp-browser.fixture'
import { startOidcProvider, type OidcProvider } from '@countersign/server/idp/oidc-provider.fixture'
import { findBarriers, launchBrowser, openContext, skipWithoutBrowser } from './browser.ts'
import { openPage } from './opened-pages.ts'
import { readClipboard } from './operate.ts'
import { fullRealm, servePages, type ServedPages } from './served-pages.ts'

describe('an operator of the company', { skip: skipWithoutBrowser }, () => {
  let provider: OidcProvider
  let served: ServedPages
  let browser: Browser
  before(async () => {
    served = await servePages(async (port) => {
      provider = await startOidcProvider({ callbackUrl: `http://localhost:${port}/console/api/oidc/callback` })
      return withIdp(provider, { more: ', scopes: [profile, email, groups]' }).replace(/^console: /, '')
    })
    browser = await launchBrowser()
    provider.people['ada'] = { name: 'Ada Lovelace', groups: ['admins'] }
  })
  after(async () => {
    await browser.close()
    await served.close()
    await provider.close()
  })
  const address = (path: string) => `${served.origin}/console${path}`

  async function openSignedIn(): Promise<{ readonly context: BrowserContext; readonly tab: Page }> {
    const context = await openContext(browser, { theme: 'light', width: 1280 })
    const own = new Set([served.origin, provider.issuer])
    await context.route(
      (url) => !own.has(url.origin),
      (route) => route.abort(),
    )
    const tab = await context.newPage()
    await tab.goto(address('/sign-in'))
    await tab.getByRole('link', { name: /^Sign in with/ }).click()
    await signInAtCompany(tab)
    await tab.getByText('Ada Lovelace').first().waitFor()
    return { context, tab }
  }

  /** Its pages ask for the login, and for consent the first time. */
  async function signInAtCompany(tab: Page): Promise<void> {
    await tab.getByPlaceholder('Enter any login').fill('ada')
    await tab.getByPlaceholder('and password').fill('any')
    await tab.getByRole('button', { name: 'Sign-in' }).click()
    await tab.getByRole('button', { name: 'Continue' }).click()
    await tab.waitForURL(address('**'))
  }

  test('signs in again in another tab when the session has ended: what was typed is still there', async () => {
    const { context, tab } = await openSignedIn()
    await openPage(tab, address(`/${fullRealm}/partners`))
    await tab.getByRole('button', { name: /Register/ }).click()
    const form = tab.getByRole('dialog').first()
    await form.getByLabel('Id of the partner').fill(crypto.randomUUID())
    await form.getByLabel('Name').fill('Typed by Ada')
    await context.clearCookies({ name: 'countersign-console' })
    await form.getByRole('button', { name: /Register/ }).click()
    const again = tab.getByRole('dialog', { name: 'Sign in again' })
    const opened = context.waitForEvent('page')
    await again.getByRole('link', { name: /in a new tab$/ }).click()
    const other = await opened
    await other.getByRole('heading', { name: 'You are signed in' }).waitFor()
    assert.deepEqual(await findBarriers(other), [])
    await again.waitFor({ state: 'hidden' })

    assert.equal(await form.getByLabel('Name').inputValue(), 'Typed by Ada')
    await form.getByRole('button', { name: 'Go on' }).click()
    await form.waitFor({ state: 'detached' })
    const { items } = await served.admin.call('partners.list', { params: { realm: fullRealm }, query: { search: 'Typed by Ada' } })
    assert.equal(items.length, 1)
    await tab.goto(address('/audit'))
    await tab.getByRole('listitem').filter({ hasText: 'Typed by Ada' }).filter({ hasText: 'Ada Lovelace' }).waitFor()
    await context.close()
  })

  test('shows that it is her in another tab where a step needs it, and the step goes on by itself', async () => {
    const { context, tab } = await openSignedIn()
    await openPage(tab, address(`/${fullRealm}/organizations/acme`))
    // As if the sign-in were long ago.
    await tab.route('**/invitations', (route) => route.fulfill(signInAgain), { times: 1 })
    await tab.getByRole('button', { name: 'Invite to portal' }).first().click()
    const dialog = tab.getByRole('dialog')
    await dialog.getByRole('button', { name: 'Invite to portal' }).click()
    const opened = context.waitForEvent('page')
    await dialog.getByRole('link', { name: 'Sign in again in a new tab' }).click()
    const other = await opened
    await other.getByPlaceholder('Enter any login').fill('ada')
    await other.getByPlaceholder('and password').fill('any')
    await other.getByRole('button', { name: 'Sign-in' }).click()
    await other.getByRole('heading', { name: 'You are signed in' }).waitFor()
    await dialog.getByRole('button', { name: 'Copy', exact: true }).click()
    assert.match(await readClipboard(tab), /\/portal\/invitation#[\w-]{43,}$/)
    await context.close()
  })
})

const signInAgain = {
  status: 403,
  contentType: 'application/problem+json',
  body: JSON.stringify({
    type: 'http://localhost/problems/sign-in-again',
    title: 'Sign in again',
    status: 403,
    detail: 'This step needs a fresh sign-in.',
    remedy: 'Sign in again.',
  }),
}
