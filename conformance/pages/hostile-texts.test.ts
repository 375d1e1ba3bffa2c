// Texts that others chose are text on every page: no script of theirs runs, no dialog opens, the policy has nothing to stop, and no line is so
// long that the page scrolls sideways.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { addressesOf } from './addresses.ts'
import { skipWithoutBrowser, widths } from './browser.ts'
import { storeHostileTexts, type Stored } from './hostile-store.ts'
import { hostileTexts, markName } from './hostile-texts.ts'
import { openPage, openPages, until, waitForPage, type OpenedPages } from './opened-pages.ts'
import { fullRealm } from './served-pages.ts'

/** Of each kind: the first texts as they are, with a turned direction, and of 4000 letters. */
const looked = 3
const maxPages = 4

describe('hostile texts', { skip: skipWithoutBrowser }, () => {
  let pages: OpenedPages
  let stored: Stored
  before(async () => {
    pages = await openPages()
    stored = await storeHostileTexts(pages)
  })
  after(() => pages.close())

  test('many of them are taken, so that pages have something to show', (t) => {
    assert.equal(hostileTexts.length, 200)
    for (const [what, count] of Object.entries(stored.taken)) t.diagnostic(`${what}: ${count} taken, ${200 - count} refused`)
    for (const [what, count] of Object.entries(stored.taken)) assert.ok(count >= 20, `${what}: ${count}`)
  })

  for (const width of widths)
    test(`at ${width} px, none of them is more than text on any page`, async () => {
      const request = stored.requests[0]!
      await until('the report is written', () => pages.admin.call('requests.explain', { params: { request } }).catch(() => undefined))
      const { tab, takeFaults } = await pages.openTab({ width, isExpected: (text) => /40[04]/.test(text) })
      const dialogs: string[] = []
      tab.on('dialog', (dialog) => {
        dialogs.push(dialog.message())
        return dialog.dismiss()
      })
      const spread = (all: readonly string[]) => Array.from({ length: looked }, (_, at) => all[Math.floor((at * all.length) / looked)]!)
      const paths = [
        ...(await addressesOf(pages.admin)).map(({ full }) => full.replace('/console', '')),
        ...spread(stored.organizations).map((slug) => `/${fullRealm}/organizations/${slug}`),
        ...spread(stored.clients).flatMap((id) => [`/${fullRealm}/clients/${id}`, `/${fullRealm}/rotation/${id}`]),
        ...spread(stored.partners).map((id) => `/${fullRealm}/partners/${id}`),
        ...spread(stored.requests).map((id) => `/explain/${id}`),
        `/${fullRealm}/clients/hostile-agent`,
        `/${fullRealm}/refusals?${new URLSearchParams({ client: hostileTexts[0]!, organization: hostileTexts[1]! })}`,
        `/${fullRealm}/organizations?${new URLSearchParams({ search: hostileTexts[1]! })}`,
        `/audit?${new URLSearchParams({ tab: 'all', since: 'all' })}`,
      ]
      const faults: string[] = []
      const check = async (path: string) => {
        const facts: { readonly ran: boolean; readonly wide: number } = await tab.evaluate(
          `({ ran: '${markName}' in globalThis, wide: document.documentElement.scrollWidth })`,
        )
        if (facts.ran) faults.push(`${path}: a script ran`)
        if (facts.wide > width) faults.push(`${path}: scrolls sideways, ${facts.wide} px`)
        faults.push(...[...takeFaults(), ...dialogs.splice(0)].map((fault) => `${path}: ${fault}`))
      }
      for (const path of paths) {
        await openPage(tab, `${pages.origin}/console${path}`)
        await check(path)
        for (let page = 2; page <= maxPages; page++) {
          const next = tab.locator('[data-page="next"]')
          if ((await next.count()) === 0) break
          // Until then the page shows the rows before.
          const answered = tab.waitForResponse((response) => new URL(response.url()).searchParams.has('after'))
          await next.first().click()
          await answered
          await tab.evaluate('new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))')
          await waitForPage(tab)
          await check(`${path}, page ${page}`)
        }
      }
      assert.deepEqual(faults, [])
    })
})
