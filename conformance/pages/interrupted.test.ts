// What comes between a person and a change: another operator, a lost answer, the end of the session, the end of the stream of hints.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { skipWithoutBrowser } from './browser.ts'
import { aClient } from './jobs.ts'
import { openLine } from './line.ts'
import { consoleAddress, openPage, shareOpenedPages } from './opened-pages.ts'
import { loseSession } from './people.ts'
import { fullRealm } from './served-pages.ts'

describe('an operator is interrupted', { skip: skipWithoutBrowser }, () => {
  const shared = shareOpenedPages()
  const address = (path: string) => consoleAddress(shared(), path)
  const partnersNamed = async (search: string) =>
    (await shared().admin.call('partners.list', { params: { realm: fullRealm }, query: { search } })).items

  test('abuse 150: two operators change the same client: the second sees both values and decides', async () => {
    const { read } = await aClient(shared().admin, 'of-two-operators')
    const [first, second] = await Promise.all([0, 1].map(() => shared().openTab({ isExpected: (text) => text.includes('412') })))
    const rename = async ({ tab }: typeof first & {}, name: string) => {
      const dialog = tab.getByRole('dialog')
      await dialog.getByLabel('Name').fill(name)
      await dialog.getByRole('button', { name: 'Rename' }).click()
    }
    for (const { tab } of [first!, second!]) {
      await openPage(tab, address(`/${fullRealm}/clients/of-two-operators`))
      await tab.getByRole('button', { name: 'Rename' }).click()
    }
    await rename(first!, 'Name of the first')
    await first!.tab.getByRole('dialog').waitFor({ state: 'detached' })

    await rename(second!, 'Name of the second')
    const conflict = second!.tab.getByRole('alert')
    await conflict.getByRole('cell', { name: 'Name of the first' }).waitFor()
    await conflict.getByRole('cell', { name: 'Name of the second' }).waitFor()
    assert.equal((await read()).name, 'Name of the first')
    await conflict.getByRole('button', { name: 'Put mine on top' }).click()
    await second!.tab.getByRole('dialog').waitFor({ state: 'detached' })
    assert.equal((await read()).name, 'Name of the second')
    assert.deepEqual([...first!.takeFaults(), ...second!.takeFaults()], [])
  })

  test('abuse 151: a change whose answer was lost is asked for again, and done once', async () => {
    const { tab, takeFaults } = await shared().openTab({ isExpected: (text) => text.includes('ERR_FAILED') })
    await openPage(tab, address(`/${fullRealm}/organizations/acme`))
    const asked: (string | undefined)[] = []
    await tab.route('**/organizations/acme/requestors', async (route) => {
      if (route.request().method() !== 'POST') return route.fallback()
      asked.push(route.request().headers()['idempotency-key'])
      if (asked.length > 1) return route.continue()
      await route.fetch()
      return route.abort()
    })
    const requestors = async () =>
      (await shared().admin.call('requestors.list', { params: { realm: fullRealm, organization: 'acme' } })).items.length
    const before = await requestors()
    await tab.getByRole('button', { name: 'Register a requestor' }).click()
    const dialog = tab.getByRole('dialog')
    await dialog.getByRole('button', { name: 'Register a requestor' }).click()
    await dialog.getByText('We do not know whether it was done').waitFor()
    assert.equal(await requestors(), before + 1)
    await dialog.getByRole('button', { name: 'Ask again' }).click()
    await dialog.waitFor({ state: 'detached' })

    assert.equal(await requestors(), before + 1)
    assert.equal(asked.length, 2)
    assert.equal(new Set(asked).size, 1)
    assert.deepEqual(takeFaults(), [])
  })

  test('a session that ends while a form is filled in: what was typed is still there after signing in again', async () => {
    const { tab, takeFaults } = await shared().openTab({ isExpected: (text) => text.includes('401') })
    await openPage(tab, address(`/${fullRealm}/partners`))
    await tab.getByRole('button', { name: /Register/ }).click()
    const form = tab.getByRole('dialog').first()
    await form.getByLabel('Id of the partner').fill(crypto.randomUUID())
    await form.getByLabel('Name').fill('Typed before the end')
    await loseSession(tab)
    await form.getByRole('button', { name: /Register/ }).click()
    const again = tab.getByRole('dialog', { name: 'Sign in again' })
    await again.getByLabel('Client id').fill(shared().owner.clientId)
    await again.getByLabel('Client secret').fill(shared().owner.clientSecret)
    await again.getByRole('button', { name: 'Sign in' }).click()
    await again.waitFor({ state: 'hidden' })
    assert.deepEqual(await partnersNamed('Typed before'), [])

    assert.equal(await form.getByLabel('Name').inputValue(), 'Typed before the end')
    await form.getByRole('button', { name: 'Go on' }).click()
    await form.waitFor({ state: 'detached' })
    assert.equal((await partnersNamed('Typed before')).length, 1)
    assert.deepEqual(takeFaults(), [])
  })

  test('the stream of hints ends and comes back; what changed meanwhile is shown without a reload', async (t) => {
    const line = await openLine(shared().origin)
    t.after(() => line.close())
    const { tab, takeFaults } = await shared().openTab({ origin: line.origin, isExpected: (text) => text.includes('net::ERR_') })
    await openPage(tab, `${line.origin}/console/${fullRealm}/organizations`)
    const hints = (words: string) => tab.locator('.whose').filter({ hasText: words })
    await hints('live').waitFor()
    line.cut()
    await hints('reads every 15 s').waitFor()
    const params = { realm: fullRealm, organization: 'meanwhile' }
    const { version } = await shared().admin.call('organizations.create', { params, body: { slug: 'meanwhile', name: 'Made meanwhile' } })
    line.mend()
    await hints('live').waitFor()
    const shownAt = Date.now()
    await tab.getByRole('link', { name: 'Made meanwhile' }).waitFor()
    await shared().admin.call('organizations.update', { params, body: { name: 'Renamed while it looks' } }, { ifMatch: version })
    await tab.getByRole('link', { name: 'Renamed while it looks' }).waitFor()
    assert.ok(Date.now() - shownAt < 10_000, 'by hints, and not when the page reads again by itself')
    assert.deepEqual(takeFaults(), [])
  })
})
