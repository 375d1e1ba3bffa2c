// Operators who signed in at their company: what was typed stays while they sign in again in another tab.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { BrowserContext, Page } from 'playwright-core'
import { findBarriers, skipWithoutBrowser } from './browser.ts'
import { consoleAddress, openPage } from './opened-pages.ts'
import { readClipboard } from './operate.ts'
import { sharePagesWithIdp, signInAtCompany } from './pages-with-idp.ts'
import { answerSignInAgain, loseSession } from './people.ts'
import { fullRealm } from './served-pages.ts'

describe('an operator of the company', { skip: skipWithoutBrowser }, () => {
  const shared = sharePagesWithIdp()
  const address = (path: string) => consoleAddress(shared(), path)

  async function openSignedIn(): Promise<{ readonly context: BrowserContext; readonly tab: Page }> {
    const { context, tab } = await shared().openTab()
    await tab.goto(address('/sign-in'))
    await tab.getByRole('link', { name: /^Sign in with/ }).click()
    await signInAtCompany(tab, 'ada')
    await tab.waitForURL(address('**'))
    await tab.getByText('Ada Lovelace').first().waitFor()
    return { context, tab }
  }

  test('signs in again in another tab when the session has ended: what was typed is still there', async () => {
    const { context, tab } = await openSignedIn()
    await openPage(tab, address(`/${fullRealm}/partners`))
    await tab.getByRole('button', { name: /Register/ }).click()
    const form = tab.getByRole('dialog').first()
    await form.getByLabel('Id of the partner').fill(crypto.randomUUID())
    await form.getByLabel('Name').fill('Typed by Ada')
    await loseSession(tab, 'countersign-console')
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
    const { items } = await shared().admin.call('partners.list', { params: { realm: fullRealm }, query: { search: 'Typed by Ada' } })
    assert.equal(items.length, 1)
    await tab.goto(address('/audit'))
    await tab.getByRole('listitem').filter({ hasText: 'Typed by Ada' }).filter({ hasText: 'Ada Lovelace' }).waitFor()
    await context.close()
  })

  test('shows that it is her in another tab where a step needs it, and the step goes on by itself', async () => {
    const { context, tab } = await openSignedIn()
    await openPage(tab, address(`/${fullRealm}/organizations/acme`))
    await answerSignInAgain(tab, '**/invitations')
    await tab.getByRole('button', { name: 'Invite to portal' }).first().click()
    const dialog = tab.getByRole('dialog')
    await dialog.getByRole('button', { name: 'Invite to portal' }).click()
    const opened = context.waitForEvent('page')
    await dialog.getByRole('link', { name: 'Sign in again in a new tab' }).click()
    const other = await opened
    await signInAtCompany(other, 'ada', false)
    await other.getByRole('heading', { name: 'You are signed in' }).waitFor()
    await dialog.getByRole('button', { name: 'Copy', exact: true }).click()
    assert.match(await readClipboard(tab), /\/portal\/invitation#[\w-]{43,}$/)
    await context.close()
  })
})
