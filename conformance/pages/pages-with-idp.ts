// A server with the data of the demo, whose operators sign in at an identity provider on another site, and a browser for all tests of a suite.
import { after, before } from 'node:test'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { withIdp } from '@countersign/server/idp/idp-browser.fixture'
import { startOidcProvider, type OidcProvider } from '@countersign/server/idp/oidc-provider.fixture'
import { launchBrowser, openContext } from './browser.ts'
import { servePages, type ServedPages } from './served-pages.ts'

export interface PagesWithIdp extends ServedPages {
  /** A tab with cookies of its own. */
  openTab(): Promise<{ readonly context: BrowserContext; readonly tab: Page }>
}

/** Ada is in a group with every scope, Eve in one without a role. To be called in a suite; the returned function gives the pages in a test. */
export function sharePagesWithIdp(): () => PagesWithIdp {
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
    provider.people['eve'] = { name: 'Eve', groups: ['sales'] }
  })
  after(async () => {
    await browser.close()
    await served.close()
    await provider.close()
  })
  return () => ({ ...served, openTab: () => openTabWithin(browser, [served.origin, provider.issuer]) })
}

/** A tab with cookies of its own, and no other hosts: the pages of the provider ask for a font of one, which no test needs. */
export async function openTabWithin(
  browser: Browser,
  origins: readonly string[],
): Promise<{ readonly context: BrowserContext; readonly tab: Page }> {
  const context = await openContext(browser, { theme: 'light', width: 1280 })
  await context.route(
    (url) => !origins.includes(url.origin),
    (route) => route.abort(),
  )
  return { context, tab: await context.newPage() }
}

/** At the page of the provider, which asks for consent after the first sign-in of a browser. */
export async function signInAtCompany(tab: Page, login: string, isFirst = true): Promise<void> {
  await tab.getByPlaceholder('Enter any login').fill(login)
  await tab.getByPlaceholder('and password').fill('any')
  await tab.getByRole('button', { name: 'Sign-in' }).click()
  if (isFirst) await tab.getByRole('button', { name: 'Continue' }).click()
}
