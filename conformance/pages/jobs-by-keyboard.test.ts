// The main jobs of the console by the keyboard alone.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { skipWithoutBrowser } from './browser.ts'
import { aClient, onboarded, refuseCallOfAcme, tokenStatus } from './jobs.ts'
import { consoleAddress, openPage, shareOpenedPages } from './opened-pages.ts'
import { openPalette, pressOn, putOnClipboard, readClipboard, tabTo } from './operate.ts'
import { fullRealm } from './served-pages.ts'

describe('by the keyboard alone', { skip: skipWithoutBrowser }, () => {
  const shared = shareOpenedPages()
  const address = (path: string) => consoleAddress(shared(), path)

  test('an organization is onboarded from the palette', async () => {
    const { tab, takeFaults } = await shared().openTab()
    const { keyboard } = tab
    await openPage(tab, address(`/${fullRealm}`))
    await openPalette(tab)
    await keyboard.type('new org')
    await tab.getByRole('option', { name: 'New organization' }).waitFor()
    await keyboard.press('Enter')
    await tab.getByRole('heading', { name: 'New organization' }).waitFor()
    await keyboard.type('Southwind Traders')
    await tabTo(tab, tab.getByRole('combobox', { name: /Partners/ }))
    await keyboard.type('Hazel Lamps')
    await keyboard.press('Enter')
    await tabTo(tab, tab.getByLabel('The agreement was accepted by'))
    await keyboard.type('Rosa Diaz')
    await keyboard.press('Enter')
    await pressOn(tab, tab.getByRole('button', { name: 'Copy', exact: true }))
    await tab.getByRole('status').filter({ hasText: 'Copied.' }).waitFor()

    const made = await onboarded(shared().admin, 'southwind-traders')
    assert.deepEqual({ ...made, clients: made.clients.length }, { partners: ['Hazel Lamps'], acceptedBy: ['Rosa Diaz'], clients: 1 })
    assert.equal(await tokenStatus(shared(), made.clients[0]!, await readClipboard(tab)), 200)
    assert.deepEqual(takeFaults(), [])
  })

  test('a refused request is explained, and its remedy applied', async () => {
    const { requestId, partner } = await refuseCallOfAcme(shared(), 'Contract ended')
    const { tab, takeFaults } = await shared().openTab()
    await openPage(tab, address(`/${fullRealm}`))
    await putOnClipboard(tab, requestId)
    // At once, before the palette is loaded.
    for (const key of ['Control+K', 'Control+V', 'Enter']) await tab.keyboard.press(key)
    await pressOn(tab, tab.getByRole('button', { name: /^Allow acme to act for/ }))
    await pressOn(tab, tab.getByRole('dialog').getByRole('button', { name: /^Allow/ }))
    await tab.getByRole('dialog').waitFor({ state: 'detached' })

    const { items } = await shared().admin.call('partners.ofOrganization', { params: { realm: fullRealm, organization: 'acme' } })
    assert.ok(items.some(({ id }) => id === partner.id))
    assert.deepEqual(takeFaults(), [])
  })

  test('a leaked secret is revoked and a new one copied; the focus is then back in the page', async () => {
    const clientId = 'leaked-by-keyboard'
    const { secret, read } = await aClient(shared().admin, clientId)
    const { tab, takeFaults } = await shared().openTab()
    await openPage(tab, address(`/${fullRealm}/clients/${clientId}`))
    const dialog = tab.getByRole('dialog')
    await pressOn(tab, tab.getByRole('button', { name: 'A secret leaked?' }))
    await tabTo(tab, dialog.getByLabel('Reason'))
    await tab.keyboard.type('In a public repository')
    await pressOn(tab, dialog.getByRole('button', { name: 'Revoke it' }))
    await pressOn(tab, dialog.getByRole('button', { name: 'Make a new secret' }))
    await pressOn(tab, dialog.getByRole('button', { name: 'Copy', exact: true }))
    await pressOn(tab, dialog.getByRole('button', { name: 'Done' }))
    await dialog.waitFor({ state: 'detached' })
    await tab.waitForFunction(() => document.activeElement?.closest('main') !== null)

    const copied = await readClipboard(tab)
    assert.deepEqual(
      (await read()).secrets.map(({ lastFour }) => lastFour),
      [copied.slice(-4)],
    )
    assert.deepEqual([await tokenStatus(shared(), clientId, secret), await tokenStatus(shared(), clientId, copied)], [401, 200])
    assert.deepEqual(takeFaults(), [])
  })

  test('who still uses an old secret is found by two letters and a choice of the list', async () => {
    const { tab, takeFaults } = await shared().openTab()
    await openPage(tab, address(`/${fullRealm}`))
    await tab.keyboard.press('g')
    await tab.keyboard.press('r')
    await tab.getByRole('heading', { level: 1, name: 'Rotation' }).waitFor()
    await pressOn(tab, tab.getByRole('link', { name: 'Backend of linden' }))
    await tab.getByRole('row').filter({ hasText: '203.0.113.77' }).first().waitFor()
    assert.deepEqual(takeFaults(), [])
  })
})
