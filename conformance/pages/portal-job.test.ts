// The main job of an integrator: it replaces its secret without an outage, by mouse and by keyboard.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import { skipWithoutBrowser, type Look } from './browser.ts'
import { aClient, tokenStatus } from './jobs.ts'
import { shareOpenedPages } from './opened-pages.ts'
import { hands, readClipboard } from './operate.ts'
import { fullRealm, type Operator } from './served-pages.ts'

describe('an integrator replaces its secret in five clicks', { skip: skipWithoutBrowser }, () => {
  const shared = shareOpenedPages()
  const rotationOf = (client: string) => shared().admin.call('rotation.get', { params: { realm: fullRealm, client } })
  const statusOf = ({ clientId }: Operator, secret: string) => tokenStatus(shared(), clientId, secret)
  const button = (tab: Page, name: string) => tab.getByRole('button', { name, exact: true }).first()

  /** Its secret was never used, so nothing has to be waited for. */
  async function aReader(name: string, look: Partial<Look> = {}) {
    const clientId = `job-${name}`
    const { secret } = await aClient(shared().admin, clientId)
    const client = { realm: fullRealm, clientId, clientSecret: secret }
    const isExpected = (text: string) => text.includes('401')
    const opened = await shared().openTab({ operator: client, mount: '/portal', isExpected, ...look })
    return { client, page: `${shared().origin}/portal/clients/${clientId}/rotate`, ...opened }
  }

  for (const way of ['mouse', 'keyboard'] as const) {
    test(`abuse 149: by ${way} the session goes on, and the secret is in no storage and not on the page`, async () => {
      const { client, tab, takeFaults } = await aReader(way)
      const { origin } = shared()
      const { press } = hands[way](tab)
      let presses = 0
      const click = (target: Parameters<typeof press>[0]) => {
        presses++
        return press(target)
      }
      await tab.goto(`${origin}/portal`)

      await click(tab.getByRole('link', { name: 'Replace the secret', exact: true }).first())
      await click(button(tab, 'Make a new secret'))
      await click(button(tab, 'Copy'))
      await button(tab, 'Copied').waitFor()
      const secret = await readClipboard(tab)
      await click(button(tab, 'I have saved it'))
      assert.ok(!(await tab.content()).includes(secret), 'it is not shown any more')
      await tab.locator('#step-spread:focus').waitFor()

      // Now the backend has it.
      assert.equal(await statusOf(client, secret), 200)
      await tab.getByText('has the new secret').waitFor()
      await click(button(tab, 'End the old secret'))
      await tab.getByText('Done. The old secret has ended.').waitFor()
      assert.equal(presses, 5)

      const { state, secrets } = await rotationOf(client.clientId)
      assert.deepEqual([state, secrets.map(({ lastFour }) => lastFour)], ['stable', [secret.slice(-4)]])
      assert.equal(await statusOf(client, client.clientSecret), 401)
      await tab.goto(`${origin}/portal/clients`)
      await tab.getByRole('heading', { name: 'Clients', level: 1 }).waitFor()
      const kept = (await tab.evaluate('JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])')) as string
      assert.ok(!kept.includes(secret))
      assert.deepEqual(takeFaults(), [])
    })
  }

  test('a page that was left goes on at its step, and step 4 asks for the new secret instead of signing out', async () => {
    const { client, page, tab } = await aReader('later', { theme: 'dark', width: 360 })
    await tab.goto(page)
    await button(tab, 'Make a new secret').click()
    const secret = await tab.getByLabel('The new secret').innerText()
    tab.on('dialog', (dialog) => void dialog.accept())
    await tab.goto(page)
    await tab.getByText('It was shown when it was made').waitFor()
    assert.equal(await statusOf(client, secret), 200)
    await tab.getByLabel(/^The new secret/).fill(client.clientSecret)
    await button(tab, 'End the old secret').click()
    await tab.getByText(`This is not the new secret, which ends in ${secret.slice(-4)}.`).waitFor()
    await tab.getByLabel(/^The new secret/).fill(secret)
    await button(tab, 'End the old secret').click()
    await tab.getByText('Done. The old secret has ended.').waitFor()
    assert.equal((await tab.evaluate(`fetch('/portal/api/session').then(({ status }) => status)`)) as number, 200)
  })

  for (const [way, leave] of [
    ['Back', (tab: Page) => tab.goBack().catch(() => null)],
    ['a link', (tab: Page) => tab.getByRole('link', { name: 'Usage', exact: true }).click()],
  ] as const) {
    test(`abuse 314: ${way} does not lose a new secret without a question, and does not ask once it was copied`, async () => {
      const { tab } = await aReader(way === 'Back' ? 'back' : 'link')
      await tab.goto(`${shared().origin}/portal`)
      await tab.getByRole('link', { name: 'Replace the secret', exact: true }).first().click()
      await button(tab, 'Make a new secret').click()
      const secret = await tab.getByLabel('The new secret').innerText()
      assert.equal(await tab.getByText('You can leave this page').count(), 0)
      await leave(tab)
      await button(tab, 'Back to the secret').click()
      assert.equal(await tab.getByLabel('The new secret').innerText(), secret)
      assert.match(tab.url(), /\/rotate$/)
      await leave(tab)
      await button(tab, 'Leave without it').click()
      await tab.waitForURL((url) => !url.pathname.endsWith('/rotate'))

      await tab.goto(`${shared().origin}/portal`)
      await tab.getByRole('link', { name: 'Go on with the replacement', exact: true }).first().click()
      await tab.getByRole('heading', { name: 'Have you saved it?' }).waitFor()
      await button(tab, 'I lost it: start over').click()
      await tab.getByRole('dialog').getByRole('button', { name: 'I lost it: start over' }).click()
      await button(tab, 'Make a new secret').click()
      await button(tab, 'Copy').click()
      await button(tab, 'Copied').waitFor()
      await tab.waitForFunction(() => history.state !== 'asks-before-leaving') // The entry of the question is left as Back would leave it.
      await leave(tab)
      await tab.waitForURL((url) => !url.pathname.endsWith('/rotate'))
    })
  }

  test('a long name does not break the header into two lines, and is there in full as its title', async () => {
    const { client, tab } = await aReader(`${'long-name-'.repeat(7)}x`, { width: 1280 })
    await tab.goto(`${shared().origin}/portal`)
    await tab.getByTitle(client.clientId).waitFor()
    const { height } = (await tab.locator('header.bar').boundingBox())!
    assert.ok(height < 60, `${height} px`)
  })

  test('a secret that was lost is taken back, and the old one stays good', async () => {
    const { client, page, tab } = await aReader('lost', { width: 360 })
    await tab.goto(page)
    await button(tab, 'Make a new secret').click()
    await button(tab, 'I have saved it').waitFor()
    assert.equal(await button(tab, 'I lost it: start over').count(), 0, 'it is still there')
    await button(tab, 'I have saved it').click()
    await button(tab, 'I lost it: start over').click()
    await tab.getByRole('dialog').getByRole('button', { name: 'I lost it: start over' }).click()
    await button(tab, 'Make a new secret').waitFor()
    assert.equal((await rotationOf(client.clientId)).state, 'stable')
    assert.equal(await statusOf(client, client.clientSecret), 200)
  })
})
