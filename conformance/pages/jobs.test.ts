// The main jobs of the console by the mouse, whose clicks are counted; keys are typing. Each ends with the question to the server whether it
// is so.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { skipWithoutBrowser } from './browser.ts'
import { aClient, onboarded, refuseCallOfAcme, tokenStatus } from './jobs.ts'
import { consoleAddress, openPage, shareOpenedPages } from './opened-pages.ts'
import { openPalette, putOnClipboard, readClipboard, useMouse } from './operate.ts'
import { fullRealm } from './served-pages.ts'

describe('by the mouse', { skip: skipWithoutBrowser }, () => {
  const shared = shareOpenedPages()
  const address = (path: string) => consoleAddress(shared(), path)

  test('onboarding takes three clicks: organization, partners, agreement, client, and its secret copied', async () => {
    const { tab, takeFaults } = await shared().openTab()
    const mouse = useMouse()
    await openPage(tab, address(`/${fullRealm}`))
    await mouse.click(tab.getByRole('button', { name: 'New organization' }))
    await tab.getByLabel('Name', { exact: true }).fill('Northwind Traders')
    await tab.getByRole('combobox', { name: /Partners/ }).fill('Willow Home')
    await tab.keyboard.press('Enter')
    await tab.getByLabel('The agreement was accepted by').fill('Rosa Diaz, Northwind')
    await mouse.click(tab.getByRole('button', { name: 'Make the organization' }))
    await mouse.click(tab.getByRole('button', { name: 'Copy', exact: true }))
    await tab.getByRole('status').filter({ hasText: 'Copied.' }).waitFor()

    assert.equal(mouse.clicks, 3)
    const made = await onboarded(shared().admin, 'northwind-traders')
    assert.deepEqual(
      { ...made, clients: made.clients.length },
      { partners: ['Willow Home'], acceptedBy: ['Rosa Diaz, Northwind'], clients: 1 },
    )
    assert.equal(await tokenStatus(shared(), made.clients[0]!, await readClipboard(tab)), 200)
    assert.deepEqual(takeFaults(), [])
  })

  test('a refused request is explained without a click, and its remedy applied with two', async () => {
    const { requestId, partner } = await refuseCallOfAcme(shared(), 'Contract ended')
    const { tab, takeFaults } = await shared().openTab()
    const mouse = useMouse()
    await openPage(tab, address(`/${fullRealm}`))
    await putOnClipboard(tab, requestId)
    await openPalette(tab)
    await tab.keyboard.press('Control+V')
    await tab.keyboard.press('Enter')
    await tab.getByRole('heading', { name: '403 partner-not-authorized' }).waitFor()
    await tab.locator('.cause').filter({ hasText: partner.name }).waitFor()
    await tab.getByText('Contract ended').first().waitFor()
    const remedy = tab.getByRole('button', { name: /^Allow acme to act for/ })
    await remedy.waitFor()
    assert.equal(mouse.clicks, 0)

    await mouse.click(remedy)
    await mouse.click(tab.getByRole('dialog').getByRole('button', { name: /^Allow/ }))
    await tab.getByRole('dialog').waitFor({ state: 'detached' })
    await tab.getByText('allowed now', { exact: true }).waitFor()
    assert.equal(mouse.clicks, 2)
    const { items } = await shared().admin.call('partners.ofOrganization', { params: { realm: fullRealm, organization: 'acme' } })
    assert.ok(items.some(({ id }) => id === partner.id))
    assert.deepEqual(takeFaults(), [])
  })

  test('a leaked secret is revoked and a new one copied with four clicks', async () => {
    const clientId = 'leaked-by-mouse'
    const { secret, read } = await aClient(shared().admin, clientId)
    assert.equal(await tokenStatus(shared(), clientId, secret), 200)
    const { tab, takeFaults } = await shared().openTab()
    const mouse = useMouse()
    await openPage(tab, address(`/${fullRealm}/clients/${clientId}`))
    const dialog = tab.getByRole('dialog')
    await mouse.click(tab.getByRole('button', { name: 'A secret leaked?' }))
    await dialog.getByLabel('Reason').fill('In a public repository')
    await mouse.click(dialog.getByRole('button', { name: 'Revoke it' }))
    await mouse.click(dialog.getByRole('button', { name: 'Make a new secret' }))
    await mouse.click(dialog.getByRole('button', { name: 'Copy', exact: true }))
    await dialog.getByRole('status').filter({ hasText: 'Copied.' }).waitFor()

    assert.equal(mouse.clicks, 4)
    const copied = await readClipboard(tab)
    assert.deepEqual(
      (await read()).secrets.map(({ lastFour }) => lastFour),
      [copied.slice(-4)],
    )
    assert.equal(await tokenStatus(shared(), clientId, secret), 401)
    assert.equal(await tokenStatus(shared(), clientId, copied), 200)
    assert.deepEqual(takeFaults(), [])
  })

  test('who still uses an old secret is one click away', async () => {
    const { tab, takeFaults } = await shared().openTab()
    const mouse = useMouse()
    await openPage(tab, address(`/${fullRealm}/rotation`))
    await mouse.click(tab.getByRole('link', { name: 'Backend of linden' }))
    const rows = tab.getByRole('row').filter({ hasText: '203.0.113.77' })
    await rows.first().waitFor()

    assert.equal(mouse.clicks, 1)
    const { items } = await shared().admin.call('rotation.list', { params: { realm: fullRealm } })
    const { client } = items.find(({ name }) => name === 'Backend of linden')!
    const uses = await shared().admin.call('credentials.uses', { params: { realm: fullRealm }, query: { client } })
    const ofOld = uses.items.filter(({ credential }) => credential.state === 'old')
    assert.deepEqual(
      ofOld.map(({ address: from }) => from),
      ['203.0.113.77'],
    )
    assert.deepEqual(takeFaults(), [])
  })
})
