// Fields of the portal outside the operations: what is wrong stands below the field, in the words of the pages and not in a bubble of the browser.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import { skipWithoutBrowser } from './browser.ts'
import { openPage, shareOpenedPages } from './opened-pages.ts'
import { invite } from './people.ts'
import { fullRealm } from './served-pages.ts'

describe('fields of the portal', { skip: skipWithoutBrowser }, () => {
  const shared = shareOpenedPages()
  const isExpected = (text: string) => text.includes('401')
  const openStranger = () => shared().openTab({ operator: null, isExpected })

  /** The description of the field that has the focus and is marked. */
  async function markOfFocus(tab: Page): Promise<string> {
    const field = tab.locator('input:focus[aria-invalid="true"]')
    await field.waitFor()
    return field.evaluate((input) =>
      (input.getAttribute('aria-describedby') ?? '')
        .split(' ')
        .map((id) => document.getElementById(id)?.textContent)
        .join(' '),
    )
  }

  test('of the sign-in are all marked in one round, and the mark goes as soon as something is typed', async () => {
    const { tab, takeFaults } = await openStranger()
    await openPage(tab, `${shared().origin}/portal/sign-in`)
    await tab.getByRole('button', { name: 'Sign in', exact: true }).click()
    assert.match(await markOfFocus(tab), /^The address .* This is needed\.$/)
    assert.equal(await tab.locator('[aria-invalid="true"]').count(), 3)
    await tab.keyboard.type('n')
    assert.equal(await tab.locator('[aria-invalid="true"]').count(), 2)

    await tab.getByText('Sign in at your company').click()
    await tab.getByLabel('Realm', { exact: true }).fill('NT 24')
    await tab.getByRole('button', { name: 'Go on' }).click()
    assert.match(await markOfFocus(tab), /lower-case letters, digits/)
    assert.deepEqual(takeFaults(), [])
  })

  test('of an invitation tell what an address looks like', async () => {
    const { tab, takeFaults } = await openStranger()
    await openPage(tab, await invite(shared().admin, 'acme', 'viewer'))
    const make = tab.getByRole('button', { name: 'Make a passkey' })
    await make.click()
    assert.equal(await markOfFocus(tab), 'This is needed.')
    await tab.getByLabel('Your name').fill('Noor Haddad')
    await tab.getByLabel('Your work email address').fill('noor')
    await make.click()
    assert.match(await markOfFocus(tab), /name@company\.example/)
    assert.deepEqual(takeFaults(), [])
  })

  test('of Try it and of the search for a request, too; a refused token request has a link to its page', async () => {
    const { clientId, clientSecret } = shared().demo.systems['novatrade24']!.clients['acme']!
    const operator = { realm: fullRealm, clientId, clientSecret }
    const { tab, takeFaults } = await shared().openTab({ operator, mount: '/portal', isExpected })
    await openPage(tab, `${shared().origin}/portal/try`)
    await tab.getByRole('button', { name: 'Get a token' }).click()
    assert.match(await markOfFocus(tab), /This is needed\.$/)
    await tab.getByLabel('Client secret').fill('csk_wrong')
    await tab.getByRole('button', { name: 'Get a token' }).click()
    const page = tab.getByRole('alert').getByRole('link', { name: 'See every cause' })
    assert.equal(await page.getAttribute('href'), `${shared().origin}/problems/invalid-client`)
    await openPage(tab, `${shared().origin}/portal/refusals`)
    await tab.getByLabel('Request id').fill('  ')
    await tab.getByRole('button', { name: 'Explain' }).click()
    assert.match(await markOfFocus(tab), /X-Request-Id/)
    assert.deepEqual(takeFaults(), [])
  })
})
