// Keys, operators, people, requests, sessions and the agreement by the keyboard alone. Each test ends with the question to the server whether it
// is so.
import assert from 'node:assert/strict'
import { before, describe, test } from 'node:test'
import type { Locator, Page } from 'playwright-core'
import { skipWithoutBrowser } from './browser.ts'
import { consoleAddress, openPage, shareOpenedPages, until } from './opened-pages.ts'
import { pressOn, readClipboard, tabTo } from './operate.ts'
import { joinPortal } from './people.ts'
import { seedPeople } from './seed-people.ts'
import { emptyRealm, fullRealm } from './served-pages.ts'

const params = { realm: fullRealm }
const ofAcme = { ...params, organization: 'acme' }

/** Types into a field of a dialog, and presses its button. */
async function fillAndPress(
  tab: Page,
  fields: readonly (readonly [label: string | RegExp, text: string])[],
  button: string,
): Promise<void> {
  const dialog = tab.getByRole('dialog')
  for (const [label, text] of fields) {
    await tabTo(tab, dialog.getByLabel(label))
    await tab.keyboard.type(text)
  }
  await pressOn(tab, dialog.getByRole('button', { name: button, exact: true }))
}

/** The dialog is closed then, and the focus is back in the page, where the next Tab goes on. */
async function waitForClosed(tab: Page): Promise<void> {
  await tab.getByRole('dialog').waitFor({ state: 'detached' })
  await tab.waitForFunction(() => document.activeElement !== null && document.activeElement !== document.body)
}

describe('administration by the keyboard alone', { skip: skipWithoutBrowser }, () => {
  const shared = shareOpenedPages()
  before(() => seedPeople(shared().admin))

  async function open(path: string) {
    const { tab, takeFaults } = await shared().openTab()
    await openPage(tab, consoleAddress(shared(), path))
    const press = (target: Locator) => pressOn(tab, target)
    return { tab, takeFaults, press, dialog: tab.getByRole('dialog') }
  }

  test('a signing key is prepared, and signs', async () => {
    const { admin, origin } = shared()
    const list = async () => (await admin.call('signingKeys.list', { params: { realm: emptyRealm } })).items
    await admin.call('organizations.create', { params: { realm: emptyRealm }, body: { slug: 'orders', name: 'Orders' } })
    const body = { organization: 'orders', clientId: 'order-backend', name: 'Order backend', scopes: ['profile'] }
    const { clientSecret } = await admin.call('clients.create', { params: { realm: emptyRealm }, body })
    const form = { grant_type: 'client_credentials', client_id: 'order-backend', client_secret: clientSecret! }
    const issued = await fetch(`${origin}/realms/${emptyRealm}/oauth2/token`, { method: 'POST', body: new URLSearchParams(form) })
    assert.equal(issued.status, 200)
    await until('a key is in reserve', async () => (await list()).find(({ reserve }) => reserve))
    const known = new Set((await list()).map(({ keyId }) => keyId))

    const { tab, takeFaults, press } = await open(`/${emptyRealm}/keys`)
    await press(tab.getByRole('button', { name: 'Prepare the next key' }))
    await fillAndPress(tab, [[/^Reason/, 'Audit of the year']], 'Prepare the next key')
    await waitForClosed(tab)
    const made = (await list()).filter(({ keyId }) => !known.has(keyId))
    assert.deepEqual(
      made.map(({ state }) => state),
      ['staged'],
    )

    const { keyId } = made[0]!
    await until('it may sign', async () => {
      const key = (await list()).find((one) => one.keyId === keyId)
      return key?.maySignFrom && Date.parse(key.maySignFrom) <= Date.now() ? key : undefined
    })
    await openPage(tab, consoleAddress(shared(), `/${emptyRealm}/keys`))
    const card = tab.locator('section.card', { has: tab.locator(`code[title="${keyId}"]`) })
    await press(card.getByRole('button', { name: 'Sign with it', exact: true }))
    await fillAndPress(tab, [[/^Reason/, 'Audit of the year']], 'Sign with it')
    await waitForClosed(tab)
    assert.equal((await list()).find((one) => one.keyId === keyId)?.state, 'active')
    assert.deepEqual(takeFaults(), [])
  })

  test('an operator is made, loses a scope, and is disabled', async () => {
    const find = async () =>
      (await shared().admin.call('operators.list', { params: {} })).items.find(({ clientId }) => clientId === 'by-keyboard')
    const { tab, takeFaults, press, dialog } = await open('/operators')
    await press(tab.getByRole('button', { name: 'New operator' }))
    await fillAndPress(
      tab,
      [
        ['Name', 'Night shift'],
        [/^Client id/, 'by-keyboard'],
      ],
      'New operator',
    )
    await press(dialog.getByRole('button', { name: 'Copy', exact: true }))
    await press(dialog.getByRole('button', { name: 'Done' }))
    await waitForClosed(tab)
    const made = await find()
    assert.ok(made?.enabled && made.scopes.includes('clients:read'))

    const row = tab.getByRole('row').filter({ hasText: 'by-keyboard' })
    await press(row.getByText('Steps'))
    await press(row.getByRole('button', { name: 'Change its scopes' }))
    await tabTo(tab, dialog.getByLabel('clients:read', { exact: true }).first()) // Behind "More settings" is another list.
    await tab.keyboard.press('Space')
    await fillAndPress(tab, [[/^Reason/, 'Not needed at night']], 'Change its scopes')
    await waitForClosed(tab)
    assert.deepEqual(
      (await find())?.scopes,
      made.scopes.filter((scope) => scope !== 'clients:read'),
    )

    if (!(await row.getByRole('button', { name: 'Disable' }).isVisible())) await press(row.getByText('Steps'))
    await press(row.getByRole('button', { name: 'Disable' }))
    await press(dialog.getByRole('button', { name: 'Disable' }))
    await waitForClosed(tab)
    assert.equal((await find())?.enabled, false)
    assert.deepEqual(takeFaults(), [])
  })

  test('a person is invited, gets another role, and is removed', async () => {
    const people = async () => (await shared().admin.call('people.list', { params: ofAcme })).items
    const roleOf = async (name: string) => (await people()).find((one) => one.name === name)?.role
    const context = await shared().browser.newContext()
    await joinPortal(shared(), await context.newPage(), { organization: 'acme', role: 'viewer', name: 'Noor Haddad' })
    await context.close()

    const { tab, takeFaults, press, dialog } = await open(`/${fullRealm}/organizations/acme`)
    await press(tab.locator('#people').getByRole('button', { name: 'Invite to portal' }))
    await tabTo(tab, dialog.getByLabel('Role'))
    await tab.keyboard.press('ArrowUp') // From "admin", the last one.
    await press(dialog.getByRole('button', { name: 'Invite to portal' }))
    await press(dialog.getByRole('button', { name: 'Copy', exact: true }))
    await press(dialog.getByRole('button', { name: 'Done' }))
    await waitForClosed(tab)
    assert.match(await readClipboard(tab), /\/portal\/invitation#[\w-]{43,}$/)
    const { items } = await shared().admin.call('invitations.list', { params: ofAcme })
    assert.ok(items.some(({ role, state }) => role === 'developer' && state === 'open'))

    const row = tab.getByRole('row').filter({ hasText: 'Noor Haddad' })
    await press(row.getByRole('button', { name: 'Change the role' }))
    await tabTo(tab, dialog.getByLabel('Role'))
    await tab.keyboard.press('ArrowDown') // From "viewer", the first one.
    await press(dialog.getByRole('button', { name: 'Change the role' }))
    await waitForClosed(tab)
    assert.equal(await roleOf('Noor Haddad'), 'developer')

    await press(row.getByRole('button', { name: 'Remove' }))
    await press(dialog.getByRole('button', { name: 'Remove' }))
    await waitForClosed(tab)
    await row.waitFor({ state: 'detached' })
    assert.equal(await roleOf('Noor Haddad'), undefined)
    assert.deepEqual(takeFaults(), [])
  })

  test('an access request is declined with an answer', async () => {
    const { tab, takeFaults, press } = await open(`/${fullRealm}/requests?state=open`)
    const row = tab.getByRole('row').filter({ hasText: 'Backend for returns' })
    await press(row.getByRole('button', { name: 'Decline' }))
    await fillAndPress(tab, [[/^Answer/, 'Use the one that you have.']], 'Decline')
    await waitForClosed(tab)
    const { items } = await shared().admin.call('accessRequests.ofOrganization', { params: ofAcme })
    const declined = items.find(({ what }) => what === 'Backend for returns')
    assert.deepEqual([declined?.state, declined?.answer], ['declined', 'Use the one that you have.'])
    assert.deepEqual(takeFaults(), [])
  })

  test('a session is ended', async () => {
    await shared().openTab({ operator: shared().onlooker })
    const ofOnlooker = async () =>
      (await shared().admin.call('sessions.list', { params: {}, query: {} })).items.filter(({ clientId }) => clientId === 'onlooker')
    assert.equal((await ofOnlooker()).length, 1)
    const { tab, takeFaults, press, dialog } = await open('/sessions?mount=console')
    await press(tab.getByRole('row').filter({ hasText: 'onlooker' }).getByRole('button', { name: 'End' }))
    await press(dialog.getByRole('button', { name: 'End' }))
    await waitForClosed(tab)
    assert.equal((await ofOnlooker()).length, 0)
    assert.deepEqual(takeFaults(), [])
  })

  test('a version of the agreement is published with a text that was typed', async () => {
    const { tab, takeFaults, press, dialog } = await open(`/${fullRealm}/agreement`)
    const { keyboard } = tab
    await press(tab.getByRole('button', { name: 'Publish a version' }))
    await tabTo(tab, tab.getByLabel('Version', { exact: true }))
    await keyboard.type('2092-01')
    await tabTo(tab, tab.getByLabel(/^Required from/))
    // Its parts are month, day and year, hour, minute and half of the day; a year may have six digits.
    await keyboard.type('01022092')
    await keyboard.press('ArrowRight')
    await keyboard.type('1200AM')
    await tabTo(tab, tab.getByLabel(/^Text, written or pasted/))
    await keyboard.type('# Agreement of 2092')
    await press(tab.getByRole('button', { name: 'Publish the version' }))
    await dialog.getByText(/organizations? will be refused from/).waitFor()
    await press(dialog.getByRole('button', { name: 'Publish the version' }))
    await waitForClosed(tab)
    const { items } = await shared().admin.call('dpa.versions', { params })
    const published = items.find(({ version }) => version === '2092-01')
    assert.match(published?.requiredFrom ?? '', /^2092-01-0[123]T/)
    assert.equal((await shared().admin.call('dpa.text', { params: { ...params, version: '2092-01' } })).text, '# Agreement of 2092')
    assert.deepEqual(takeFaults(), [])
  })
})
