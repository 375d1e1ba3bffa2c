// Refusals at the portal as an integrator looks for one: by the id in its log, or in a list that says what its counts are of.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { skipWithoutBrowser } from './browser.ts'
import { openPage, shareOpenedPages } from './opened-pages.ts'
import { findPortalReaders, type PortalReaders } from './portal-readers.ts'
import { fullRealm } from './served-pages.ts'

describe('refusals at the portal', { skip: skipWithoutBrowser }, () => {
  const shared = shareOpenedPages()

  let found: Promise<PortalReaders> | undefined
  const readers = () => (found ??= findPortalReaders(shared()))

  async function openRefusals(organization: string) {
    const { clientId, clientSecret } = shared().demo.systems['novatrade24']!.clients[organization]!
    const opened = await shared().openTab({ operator: { realm: fullRealm, clientId, clientSecret }, mount: '/portal' })
    await openPage(opened.tab, `${shared().origin}/portal/refusals`)
    return opened
  }

  test('one is found by the id of its response, also as the problem has it', async () => {
    const { refusedRequest } = await readers()
    const { tab, takeFaults } = await openRefusals('acme')
    await tab.getByLabel('Request id').fill(` urn:request:${refusedRequest} `)
    await tab.keyboard.press('Enter')
    await tab.getByText('The same request would be refused now, too.').waitFor()
    assert.equal(new URL(tab.url()).pathname, `/portal/refusals/${refusedRequest}`)
    assert.deepEqual(takeFaults(), [])
  })

  test('a secret or a token that is pasted for its id stays out of the address', async () => {
    const { tab, takeFaults } = await openRefusals('acme')
    for (const pasted of ['csk_aA-9bB8cC7dD6eE5fF4gG3hH2', 'urn:request:csk_aA-9bB8', `eyJhbGciOiJFUzI1NiJ9.${'a'.repeat(80)}.b`]) {
      await tab.getByLabel('Request id').fill(pasted)
      await tab.keyboard.press('Enter')
      await tab.getByText('Paste it as the header X-Request-Id has it.').waitFor()
      assert.equal(new URL(tab.url()).pathname, '/portal/refusals', pasted)
    }
    assert.deepEqual(takeFaults(), [])
  })

  test('a refusal names its client, also in the text for the provider', async () => {
    const { refusedRequest } = await readers()
    const { tab, takeFaults } = await openRefusals('acme')
    await openPage(tab, `${shared().origin}/portal/refusals/${refusedRequest}`)
    const client = tab.locator('main').getByRole('link', { name: /^api-client-/ })
    const name = await client.innerText()
    await tab.getByText(`Request ${refusedRequest} by ${name} at 20`).waitFor()
    await client.click()
    await tab.waitForURL(`**/portal/clients/${name}`)
    await tab.getByText('For your backend').waitFor()
    assert.deepEqual(takeFaults(), [])
  })

  test('a partner that was asked for because of it is not asked for twice', async () => {
    const { refusedRequest } = await readers()
    const { tab, takeFaults } = await openRefusals('acme')
    await openPage(tab, `${shared().origin}/portal/refusals/${refusedRequest}`)
    const ask = tab.getByRole('button', { name: 'Ask for a partner' })
    await ask.first().click()
    await tab.getByRole('dialog').getByRole('button', { name: 'Ask for a partner' }).click()
    await tab.getByText('waits for the provider').waitFor()
    assert.equal(await ask.count(), 0)
    assert.deepEqual(takeFaults(), [])
  })

  test('counts of one page are said to be that, where there are more pages', async () => {
    const words = 'The counts are of this page'
    const many = await openRefusals('cobalt')
    await many.tab.getByText(words).waitFor()
    await many.tab.getByRole('button', { name: 'Next page' }).click()
    await many.tab.getByRole('button', { name: 'First page' }).waitFor()
    await many.tab.getByText(words).waitFor()
    const few = await openRefusals('acme')
    await few.tab.getByText('Partner not allowed').first().waitFor()
    assert.equal(await few.tab.getByText(words).count(), 0)
    assert.deepEqual([...many.takeFaults(), ...few.takeFaults()], [])
  })

  test('the instants of requests refused alike leave the path its width', async () => {
    const { tab, takeFaults } = await openRefusals('acme')
    const path = tab.getByText('/novatrade24/v1/partners/').first()
    const { height } = (await path.boundingBox())!
    await tab.locator('summary').first().click()
    await tab.getByRole('listitem').first().waitFor()
    assert.equal((await path.boundingBox())!.height, height)
    assert.deepEqual(takeFaults(), [])
  })

  test('on a computer whose clock is a day ahead, the last 24 hours are those of the server', async () => {
    const { tab, takeFaults } = await openRefusals('acme')
    await tab.clock.install({ time: Date.now() + 26 * 3_600_000 })
    await tab.clock.resume()
    await openPage(tab, `${shared().origin}/portal/refusals`)
    await tab.getByText(/× *, last \d+ (s|min) ago/).waitFor()
    await openPage(tab, `${shared().origin}/portal`)
    await tab.getByText(/^\d+ requests were refused in the last 24 hours\.$/).waitFor()
    assert.deepEqual(takeFaults(), [])
  })

  test('a page that ended before the server came to a refusal of the reader does not say that there is none', async () => {
    const { tab, takeFaults } = await openRefusals('acme')
    await tab.route('**/refusals?*', (route) => route.fulfill({ json: { items: [], next: 'further' } }))
    await openPage(tab, `${shared().origin}/portal/refusals`)
    await tab.getByText('None of the latest is yours').waitFor()
    await tab.getByRole('button', { name: 'Next page' }).waitFor()
    assert.equal(await tab.getByText('No request was refused').count(), 0)
    assert.deepEqual(takeFaults(), [])
  })
})
