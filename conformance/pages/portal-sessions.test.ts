// Where one is signed in at the portal: a person ends a session of a lost device, and all others at once, by mouse and by the keyboard alone.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { BrowserContext } from 'playwright-core'
import { openContext, skipWithoutBrowser, widths, type Width } from './browser.ts'
import { aClient } from './jobs.ts'
import { openPage, shareOpenedPages } from './opened-pages.ts'
import { hands } from './operate.ts'
import { joinPortal } from './people.ts'
import { fullRealm, signIn } from './served-pages.ts'

describe('the own sessions at the portal', { skip: skipWithoutBrowser }, () => {
  const shared = shareOpenedPages()
  const isExpected = (text: string) => /401/.test(text)

  /** The same client in another browser. */
  async function signInElsewhere(client: Parameters<typeof signIn>[2]): Promise<BrowserContext> {
    const context = await openContext(shared().browser, { theme: 'light', width: 1280 })
    await signIn(await context.newPage(), shared().origin, client, '/portal')
    return context
  }
  const statusIn = async (context: BrowserContext): Promise<number> => {
    const response = await context.request.get(`${shared().origin}/portal/api/session`, { headers: { 'sec-fetch-site': 'same-origin' } })
    return response.status()
  }

  for (const [way, width] of [
    ['mouse', widths[1]],
    ['keyboard', widths[0]],
  ] as const satisfies readonly (readonly [keyof typeof hands, Width])[])
    test(`by ${way} at ${width} px one is ended, then all others, and this one goes on`, async () => {
      const clientId = `sessions-${way}`
      const { secret } = await aClient(shared().admin, clientId)
      const client = { realm: fullRealm, clientId, clientSecret: secret }
      const others = [await signInElsewhere(client), await signInElsewhere(client), await signInElsewhere(client)]
      const { tab, context, takeFaults } = await shared().openTab({ operator: client, mount: '/portal', width, isExpected })
      const { press } = hands[way](tab)
      await openPage(tab, `${shared().origin}/portal`)
      if (width < 860) await press(tab.getByRole('button', { name: 'Menu' }))
      await press(tab.getByRole('link', { name: 'Sessions', exact: true }))
      const rows = tab.getByRole('table', { name: 'Sessions, the latest first' }).locator('tbody tr')
      await rows.nth(3).waitFor()
      assert.equal(await rows.filter({ hasText: 'this one' }).count(), 1)
      assert.match(await rows.first().innerText(), /Chrome \d+, Linux/)

      const dialog = tab.getByRole('dialog')
      await press(rows.nth(1).getByRole('button', { name: 'End', exact: true }))
      await press(dialog.getByRole('button', { name: 'End', exact: true }))
      await rows.nth(3).waitFor({ state: 'detached' })
      await tab.locator(':focus', { hasText: /^Sessions$/ }).waitFor() // The button is gone, and the heading has the focus.
      await press(tab.getByRole('button', { name: 'End all others' }))
      await press(dialog.getByRole('button', { name: 'End all others' }))
      await rows.nth(1).waitFor({ state: 'detached' })

      assert.deepEqual(await Promise.all(others.map(statusIn)), [401, 401, 401])
      assert.equal(await statusIn(context), 200)
      assert.equal(await tab.getByRole('button', { name: 'End all others' }).count(), 0)
      assert.deepEqual(takeFaults(), [])
      for (const one of others) await one.close()
    })

  test('a person sees the own sessions, and signs out of this one', async () => {
    const { tab, takeFaults } = await shared().openTab({ operator: null, isExpected })
    await joinPortal(shared(), tab, { organization: 'acme', role: 'viewer', name: 'Ines Duarte' })
    await openPage(tab, `${shared().origin}/portal/sessions`)
    const row = tab.getByRole('row').filter({ hasText: 'this one' })
    await row.getByText('127.0.0.1').waitFor()
    await row.getByRole('button', { name: 'Sign out' }).click()
    await tab.getByRole('heading', { name: 'Sign in to the portal' }).waitFor()
    assert.deepEqual(takeFaults(), [])
  })
})
