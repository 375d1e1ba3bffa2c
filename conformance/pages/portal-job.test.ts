// The main job of an integrator: it replaces its secret without an outage, by mouse and by keyboard.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { launchBrowser, openContext, skipWithoutBrowser, watchPage } from './browser.ts'
import { fullRealm, servePages, signIn, type Operator, type ServedPages } from './served-pages.ts'

type Press = (tab: Page, role: 'button' | 'link', name: string) => Promise<void>

const byMouse: Press = (tab, role, name) => tab.getByRole(role, { name, exact: true }).first().click()

/** Goes there with Tab, as a person does; what cannot be reached fails. */
const byKeyboard: Press = async (tab, role, name) => {
  const wanted = tab.getByRole(role, { name, exact: true }).first()
  await wanted.waitFor()
  for (let steps = 0; steps < 60; steps++) {
    if ((await wanted.and(tab.locator(':focus')).count()) > 0) return tab.keyboard.press('Enter')
    await tab.keyboard.press('Tab')
  }
  assert.fail(`Tab does not reach "${name}"`)
}

describe('an integrator replaces its secret in five clicks', { skip: skipWithoutBrowser }, () => {
  let served: ServedPages
  let browser: Browser
  before(async () => {
    served = await servePages()
    browser = await launchBrowser()
  })
  after(async () => {
    await browser.close()
    await served.close()
  })

  for (const [way, press] of [
    ['mouse', byMouse],
    ['keyboard', byKeyboard],
  ] as const) {
    test(`abuse 149: by ${way} the session goes on, and the secret is in no storage and not on the page`, async () => {
      const client = await aClient(way)
      const context = await openContext(browser, { theme: 'light', width: 1280 })
      const { tab, takeFaults } = await watchPage(context, served.origin, (text) => text.includes('401'))
      await signIn(tab, served.origin, client, '/portal')
      await tab.goto(`${served.origin}/portal`)
      let clicks = 0
      const click: typeof byMouse = (...what) => {
        clicks++
        return press(...what)
      }

      await click(tab, 'link', 'Replace the secret')
      await click(tab, 'button', 'Make a new secret')
      await click(tab, 'button', 'Copy')
      await tab.getByRole('button', { name: 'Copied', exact: true }).waitFor()
      const secret = (await tab.evaluate('navigator.clipboard.readText()')) as string
      await click(tab, 'button', 'I have saved it')
      assert.ok(!(await tab.content()).includes(secret), 'it is not shown any more')
      await tab.locator('#step-spread:focus').waitFor()

      // Now the backend has it.
      assert.equal(await requestToken(client.clientId, secret), 200)
      await tab.getByText('has the new secret').waitFor()
      await click(tab, 'button', 'End the old secret')
      await tab.getByText('Done. The old secret has ended.').waitFor()
      assert.equal(clicks, 5)

      const params = { realm: fullRealm, client: client.clientId }
      const rotation = await served.admin.call('rotation.get', { params })
      assert.deepEqual([rotation.state, rotation.secrets.map(({ lastFour }) => lastFour)], ['stable', [secret.slice(-4)]])
      assert.equal(await requestToken(client.clientId, client.clientSecret), 401)
      await tab.goto(`${served.origin}/portal/clients`)
      await tab.getByRole('heading', { name: 'Clients', level: 1 }).waitFor()
      const kept = (await tab.evaluate('JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie])')) as string
      assert.ok(!kept.includes(secret))
      assert.deepEqual(takeFaults(), [])
      await context.close()
    })
  }

  test('a page that was left goes on at its step, and step 4 asks for the new secret instead of signing out', async () => {
    const client = await aClient('later')
    const context = await openContext(browser, { theme: 'dark', width: 360 })
    const { tab } = await watchPage(context, served.origin)
    await signIn(tab, served.origin, client, '/portal')
    const page = `${served.origin}/portal/clients/${client.clientId}/rotate`
    await tab.goto(page)
    await byMouse(tab, 'button', 'Make a new secret')
    const secret = await tab.getByLabel('The new secret').innerText()
    tab.on('dialog', (dialog) => void dialog.accept())
    await tab.goto(page)
    await tab.getByText('It was shown when it was made').waitFor()
    assert.equal(await requestToken(client.clientId, secret), 200)
    await tab.getByLabel(/^The new secret/).fill(client.clientSecret)
    await byMouse(tab, 'button', 'End the old secret')
    await tab.getByText('Your session').or(tab.getByRole('alert')).first().waitFor()
    await tab.getByLabel(/^The new secret/).fill(secret)
    await byMouse(tab, 'button', 'End the old secret')
    await tab.getByText('Done. The old secret has ended.').waitFor()
    assert.equal((await tab.evaluate(`fetch('/portal/api/session').then(({ status }) => status)`)) as number, 200)
    await context.close()
  })

  test('a secret that was lost is taken back, and the old one stays good', async () => {
    const client = await aClient('lost')
    const context = await openContext(browser, { theme: 'light', width: 360 })
    const { tab } = await watchPage(context, served.origin)
    await signIn(tab, served.origin, client, '/portal')
    await tab.goto(`${served.origin}/portal/clients/${client.clientId}/rotate`)
    await byMouse(tab, 'button', 'Make a new secret')
    await byMouse(tab, 'button', 'I lost it: start over')
    await tab.getByRole('dialog').getByRole('button', { name: 'I lost it: start over' }).click()
    await tab.getByRole('button', { name: 'Make a new secret', exact: true }).waitFor()
    const rotation = await served.admin.call('rotation.get', { params: { realm: fullRealm, client: client.clientId } })
    assert.equal(rotation.state, 'stable')
    assert.equal(await requestToken(client.clientId, client.clientSecret), 200)
    await context.close()
  })

  /** Its secret was never used, so nothing has to be waited for. */
  async function aClient(name: string): Promise<Operator> {
    const clientId = `job-${name}`
    const { clientSecret } = await served.admin.call('clients.create', {
      params: { realm: fullRealm },
      body: { organization: 'acme', clientId, name: `Job ${name}` },
    })
    return { realm: fullRealm, clientId, clientSecret: clientSecret! }
  }

  async function requestToken(clientId: string, clientSecret: string): Promise<number> {
    const { status, body } = await fetch(served.demo.systems['novatrade24']!.tokenUrl, {
      method: 'POST',
      body: new URLSearchParams({ grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret }),
    })
    await body?.cancel()
    return status
  }
})
