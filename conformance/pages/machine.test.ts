// Pages of the machine: operators, health, files of lists, and what a person sets for the browser.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, describe, test } from 'node:test'
import { skipWithoutBrowser } from './browser.ts'
import { openPage, openPages, type OpenedPages } from './opened-pages.ts'
import { fullRealm } from './served-pages.ts'

describe('pages of the machine', { skip: skipWithoutBrowser }, () => {
  let pages: OpenedPages
  before(async () => void (pages = await openPages()))
  after(() => pages.close())
  const address = (path: string) => `${pages.origin}/console${path}`
  const operators = async () => (await pages.admin.call('operators.list', { params: {} })).items
  const find = async (clientId: string) => (await operators()).find((one) => one.clientId === clientId)

  test('an operator is made, limited and disabled, and the reader cannot lock itself out', async () => {
    const { tab, takeFaults } = await pages.openTab()
    await openPage(tab, address('/operators'))
    const dialog = tab.getByRole('dialog')
    await tab.getByText('Only one operator is an owner').waitFor()
    await tab.getByRole('button', { name: 'New operator' }).click()
    await dialog.getByLabel('Name', { exact: true }).fill('Support')
    await dialog.getByLabel(/^Client id/).fill('support')
    await dialog.getByRole('button', { name: 'New operator' }).click()
    await dialog.getByText(/It is shown only this once/).waitFor()
    await dialog.getByRole('button', { name: 'Copy', exact: true }).click()
    await dialog.getByRole('button', { name: 'Done' }).click()
    const made = await find('support')
    assert.deepEqual([made?.owner, made?.realms, made?.scopes.every((scope) => scope.endsWith(':read'))], [false, null, true])

    const row = tab.getByRole('row').filter({ hasText: 'support' })
    await row.getByText('Steps').click()
    await row.getByRole('button', { name: 'Limit to realms' }).click()
    await dialog.getByLabel(fullRealm).check()
    await dialog.getByRole('button', { name: 'Limit to realms' }).click()
    await dialog.waitFor({ state: 'detached' })
    assert.deepEqual((await find('support'))?.realms, [fullRealm])

    await row.getByRole('button', { name: 'Disable' }).click()
    await dialog.getByRole('button', { name: 'Disable' }).click()
    await dialog.waitFor({ state: 'detached' })
    assert.equal((await find('support'))?.enabled, false)

    const own = tab.getByRole('row').filter({ hasText: '(you)' })
    await own.getByText('Steps').click()
    const disable = own.getByRole('button', { name: 'Disable' })
    assert.equal(await disable.getAttribute('aria-disabled'), 'true')
    await own
      .getByText(/lock you out/)
      .first()
      .waitFor({ state: 'attached' })
    assert.deepEqual(takeFaults(), [])
  })

  test('health names the node, the database and the keys', async () => {
    const { tab, takeFaults } = await pages.openTab()
    await openPage(tab, address('/health'))
    await tab.getByText(/^[01] of 1$/).waitFor()
    await tab.getByText(/SQLite/).waitFor()
    const { nodes } = await pages.admin.call('health.get', { params: {} })
    await tab.getByRole('row').filter({ hasText: nodes[0]!.node }).waitFor()
    await tab.getByRole('row').filter({ hasText: fullRealm }).waitFor()
    assert.deepEqual(takeFaults(), [])
  })

  test('abuse 160: a list saved for a spreadsheet has every row, and a name that looks like a formula is a text', async () => {
    const name = '=HYPERLINK("https://evil.example";"Click")'
    const params = { realm: fullRealm }
    await pages.admin.call('clients.create', { params, body: { organization: 'acme', clientId: 'formula', name, scopes: ['profile'] } })
    const { tab, takeFaults } = await pages.openTab()
    await openPage(tab, address(`/${fullRealm}/clients`))
    const [download] = await Promise.all([tab.waitForEvent('download'), tab.getByRole('button', { name: 'Save as CSV' }).click()])
    assert.equal(download.suggestedFilename(), `clients-${fullRealm}.csv`)
    const lines = readFileSync(await download.path(), 'utf8')
      .trimEnd()
      .split('\r\n')
    const { counts } = await pages.admin.call('realms.summary', { params })
    assert.equal(lines.length, 1 + counts.clients!)
    assert.ok(lines.some((line) => line.startsWith(`formula,"'=HYPERLINK(""https://evil.example"";""Click"")",acme,`)))
    await tab.getByText(`${counts.clients} clients saved.`).waitFor()
    assert.deepEqual(takeFaults(), [])
  })

  test('refusals and the audit log are saved, too', async () => {
    const { tab, takeFaults } = await pages.openTab()
    for (const [path, button, file] of [
      [`/${fullRealm}/refusals`, 'Save as CSV', `refusals-${fullRealm}.csv`],
      [`/${fullRealm}/organizations`, 'Save as CSV', `organizations-${fullRealm}.csv`],
      ['/audit', 'Save as CSV', 'audit.csv'],
      ['/audit', 'Save as JSON lines', 'audit.jsonl'],
    ] as const) {
      await openPage(tab, address(path))
      const [download] = await Promise.all([tab.waitForEvent('download'), tab.getByRole('button', { name: button }).click()])
      assert.equal(download.suggestedFilename(), file)
      assert.ok(readFileSync(await download.path(), 'utf8').split('\n').length > 2, file)
    }
    assert.deepEqual(takeFaults(), [])
  })

  test('theme, time zone, density and single letters are kept in the browser', async () => {
    const { tab, takeFaults } = await pages.openTab()
    await openPage(tab, address('/settings'))
    for (const choice of ['dark', 'in UTC', 'compact']) await tab.getByLabel(choice, { exact: true }).check()
    await tab.getByLabel(/^Single letters/).uncheck()
    await openPage(tab, address(`/${fullRealm}/clients`))
    const root = tab.locator('html')
    assert.deepEqual([await root.getAttribute('data-theme'), await root.getAttribute('data-density')], ['dark', 'compact'])
    assert.match((await tab.locator('td time').first().getAttribute('title'))!, /UTC$/)
    await tab.keyboard.press('?')
    assert.equal(await tab.getByRole('dialog').count(), 0)
    assert.deepEqual(takeFaults(), [])
  })
})
