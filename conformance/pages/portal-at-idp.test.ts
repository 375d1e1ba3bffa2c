// A person of an organization signs in to the portal at the identity provider of the company: from the address that the company got, through the
// pages there, and back.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { startOidcProvider, type OidcProvider } from '@countersign/server/idp/oidc-provider.fixture'
import { findBarriers, launchBrowser, skipWithoutBrowser } from './browser.ts'
import { openTabWithin, signInAtCompany } from './pages-with-idp.ts'
import { answerSignInAgain } from './people.ts'
import { fullRealm, servePages, type ServedPages } from './served-pages.ts'

const permitLoopback = '{}\noutboundRequests: { privateAddresses: [127.0.0.0/8] }'

describe('a person of a company with an identity provider', { skip: skipWithoutBrowser }, () => {
  let provider: OidcProvider
  let served: ServedPages
  let browser: Browser
  const params = { realm: fullRealm, organization: 'acme' }
  const place = `${fullRealm}/acme`
  before(async () => {
    served = await servePages(async (port) => {
      provider = await startOidcProvider({ callbackUrl: `http://localhost:${port}/portal/api/oidc/callback/${place}` })
      return permitLoopback
    })
    browser = await launchBrowser()
    provider.people['mia'] = { name: 'Mia Wong', email: 'mia@acme.example', groups: ['staff'] }
    provider.people['eve'] = { name: 'Eve', groups: ['sales'] }
    const { issuer, clientId, clientSecret } = provider
    const body = {
      name: 'Acme SSO',
      issuer,
      clientId,
      clientSecret,
      scopes: ['profile', 'email', 'groups'],
      roles: { staff: 'admin' as const },
    }
    await served.admin.call('identityProviders.set', { params, body })
  })
  after(async () => {
    await browser.close()
    await served.close()
    await provider.close()
  })
  const address = (path: string) => `${served.origin}/portal${path}`

  async function open(): Promise<{ readonly context: BrowserContext; readonly tab: Page; readonly reports: string[] }> {
    const { context, tab } = await openTabWithin(browser, [served.origin, provider.issuer])
    const reports: string[] = []
    tab.on('request', (request) => {
      if (request.url().endsWith('/csp-report')) reports.push(request.postData() ?? '')
    })
    return { context, tab, reports }
  }

  async function signIn(tab: Page, login: string): Promise<void> {
    await tab.goto(address(`/sign-in/${place}`))
    await tab.getByRole('link', { name: 'Sign in at your company' }).click()
    await signInAtCompany(tab, login)
    await tab.waitForURL(address('**'))
  }

  test('comes in by the address of the company, and sees the organization and itself among its people', async () => {
    const { context, tab, reports } = await open()
    await tab.goto(address(`/sign-in/${place}`))
    await tab.getByRole('link', { name: 'Sign in at your company' }).waitFor()
    assert.deepEqual(await findBarriers(tab), [])
    await signIn(tab, 'mia')
    await tab.getByText('Mia Wong, admin').waitFor()
    await tab.goto(address('/people'))
    await tab.getByText('(you)').waitFor()
    assert.equal(await tab.getByRole('heading', { name: 'Your passkeys' }).count(), 0)
    assert.deepEqual(reports, [])
    await context.close()
  })

  test('signs in again in another tab for a step that needs it, and the step goes on', async () => {
    const { context, tab } = await open()
    await signIn(tab, 'mia')
    await tab.goto(address('/people'))
    await answerSignInAgain(tab, '**/invitations')
    await tab.getByRole('button', { name: 'Invite' }).click()
    const dialog = tab.getByRole('dialog')
    await dialog.getByLabel(/^Role/).selectOption('viewer')
    await dialog.getByRole('button', { name: 'Invite' }).click()
    const opened = context.waitForEvent('page')
    await dialog.getByRole('link', { name: 'Sign in again in a new tab' }).click()
    const other = await opened
    await signInAtCompany(other, 'mia', false)
    await other.getByRole('heading', { name: 'You are signed in' }).waitFor()
    await dialog.getByRole('button', { name: 'Copy', exact: true }).waitFor()
    await context.close()
  })

  test('without a role learns that, and a company without an identity provider is told apart from no company by nothing', async () => {
    const { context, tab } = await open()
    await signIn(tab, 'eve')
    await tab.getByRole('alert').filter({ hasText: 'You have no role here.' }).waitFor()
    assert.equal(new URL(tab.url()).pathname, `/portal/sign-in/${place}`)
    for (const name of ['newcomer', 'no-such-company']) {
      await tab.goto(address(`/sign-in/${fullRealm}/${name}`))
      await tab.getByRole('link', { name: 'Sign in at your company' }).click()
      await tab.getByRole('alert').filter({ hasText: 'This company does not sign in here this way.' }).waitFor()
    }
    await context.close()
  })
})
