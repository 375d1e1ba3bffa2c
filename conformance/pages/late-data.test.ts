// The data of a page may come late. What its reader did meanwhile stays.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import { skipWithoutBrowser } from './browser.ts'
import { consoleAddress, openPage, shareOpenedPages, waitForPage } from './opened-pages.ts'
import { fullRealm } from './served-pages.ts'

describe('the data of a page comes late', { skip: skipWithoutBrowser }, () => {
  const shared = shareOpenedPages()
  const focused = (tab: Page): Promise<string> =>
    tab.evaluate(`document.activeElement.localName + ' ' + document.activeElement.textContent.trim().slice(0, 20)`)

  /** Holds what is asked for partners until it is let go. */
  async function holdPartners(tab: Page): Promise<() => void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    await tab.route(/\/api\/.+\/partners(\?|$)/, async (route) => {
      await promise
      await route.continue()
    })
    return resolve
  }

  test('on the first page the focus stays where a key has moved it, and is left to the browser before', async () => {
    for (const presses of [0, 1, 3]) {
      const { tab, takeFaults, context } = await shared().openTab()
      const letGo = await holdPartners(tab)
      await tab.goto(consoleAddress(shared(), `/${fullRealm}/partners`))
      await tab.locator('.skeleton').first().waitFor({ state: 'attached' })
      for (let press = 0; press < presses; press += 1) await tab.keyboard.press('Tab')
      const before = await focused(tab)
      letGo()
      await waitForPage(tab)
      assert.equal(await focused(tab), before, `${presses} presses`)
      assert.equal(before.startsWith('body'), presses === 0, before)
      assert.deepEqual(takeFaults(), [])
      await context.close()
    }
  })

  test('on a further page the heading has the focus before and after, unless a key has moved it', async () => {
    for (const presses of [0, 1]) {
      const { tab, takeFaults, context } = await shared().openTab()
      await openPage(tab, consoleAddress(shared(), `/${fullRealm}/clients`))
      const letGo = await holdPartners(tab)
      await tab.getByRole('link', { name: 'Partners', exact: true }).click()
      await tab.locator('.skeleton').first().waitFor({ state: 'attached' })
      await tab.locator('h1:focus', { hasText: /^Partners/ }).waitFor()
      for (let press = 0; press < presses; press += 1) await tab.keyboard.press('Shift+Tab')
      const before = await focused(tab)
      letGo()
      await waitForPage(tab)
      assert.equal(await focused(tab), before, `${presses} presses`)
      assert.deepEqual(takeFaults(), [])
      await context.close()
    }
  })
})
