// What is typed above a list goes to the API as a filter: an operation that does not know it would refuse the whole page.
import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import { addressesOf, addressesOfPortal } from './addresses.ts'
import { skipWithoutBrowser } from './browser.ts'
import { openPage, shareOpenedPages, waitForPage } from './opened-pages.ts'
import { findPortalReaders } from './portal-readers.ts'

suite('search fields', { skip: skipWithoutBrowser }, () => {
  const shared = shareOpenedPages()

  for (const mount of ['/console', '/portal'] as const)
    test(`of ${mount}: a page with a search field shows what it found, and does not fail`, async () => {
      const pages = shared()
      const readers = mount === '/portal' ? await findPortalReaders(pages) : undefined
      const { tab, takeFaults, context } = await pages.openTab({ mount, operator: readers?.integrator ?? pages.owner })
      const searched: string[] = []
      for (const { route, full } of readers ? addressesOfPortal(readers) : await addressesOf(pages.admin)) {
        if (full.includes('unknown-request')) continue
        await openPage(tab, pages.origin + full)
        const fields = tab.locator('main .filters input[type=search]').filter({ visible: true })
        for (let at = 0; at < (await fields.count()); at++) {
          const answer = tab.waitForResponse(/\/api\/.*=al(&|$)/)
          await fields.nth(at).fill('al')
          await (await answer).finished()
          await waitForPage(tab)
          assert.equal(await tab.locator('main .callout.bad').count(), 0, `${route}: ${await tab.locator('main').innerText()}`)
          searched.push(route)
          await fields.nth(at).fill('')
        }
      }
      assert.deepEqual(takeFaults(), [])
      assert.ok(searched.length > 0)
      await context.close()
    })
})
