// What operators do about people of organizations: invite, answer requests, publish an agreement with its text, end sessions. Each ends with
// the question to the server whether it is so.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import { findBarriers, skipWithoutBrowser } from './browser.ts'
import { openPage, openPages, type OpenedPages } from './opened-pages.ts'
import { pressOn, readClipboard } from './operate.ts'
import { seedPeople, versionsWithText } from './seed-people.ts'
import { fullRealm } from './served-pages.ts'

const params = { realm: fullRealm }
const ofAcme = { ...params, organization: 'acme' }

describe('an operator and the people of an organization', { skip: skipWithoutBrowser }, () => {
  let pages: OpenedPages
  before(async () => {
    pages = await openPages()
    await seedPeople(pages.admin)
  })
  after(() => pages.close())
  const address = (path: string) => `${pages.origin}/console${path}`

  test('an invitation is a link that is shown once, and can be withdrawn', async () => {
    const { tab, takeFaults } = await pages.openTab()
    await openPage(tab, address(`/${fullRealm}/organizations/golf`))
    await tab.getByRole('button', { name: 'Invite to portal' }).first().click()
    const dialog = tab.getByRole('dialog')
    await dialog.getByLabel('Role').selectOption('developer')
    await dialog.getByRole('button', { name: 'Invite to portal' }).click()
    await dialog.getByRole('button', { name: 'Copy', exact: true }).click()
    const link = await readClipboard(tab)
    assert.match(link, /\/portal\/invitation#[\w-]{43,}$/)
    await dialog.getByRole('button', { name: 'Done' }).click()

    const invitations = async () => (await pages.admin.call('invitations.list', { params: { ...params, organization: 'golf' } })).items
    const [made] = await invitations()
    assert.deepEqual([made?.role, made?.state], ['developer', 'open'])
    assert.ok(!(await tab.content()).includes(new URL(link).hash), 'the link is gone from the page')
    await tab.getByRole('button', { name: 'Withdraw', exact: true }).last().click()
    await dialog.getByRole('button', { name: 'Withdraw' }).click()
    await dialog.waitFor({ state: 'detached' })
    assert.equal((await invitations())[0]?.state, 'withdrawn')
    assert.deepEqual(takeFaults(), [])
  })

  test('where the portal is off the button says so, and opens nothing', async () => {
    const { tab, takeFaults } = await pages.openTab()
    await tab.route('**/console/api/session', async (route) => {
      const response = await route.fetch()
      await route.fulfill({ response, json: { ...(await response.json()), portal: false } })
    })
    await openPage(tab, address(`/${fullRealm}/organizations/golf`))
    const buttons = tab.getByRole('button', { name: 'Invite to portal' })
    await buttons.first().focus()
    await tab.keyboard.press('Enter')
    for (const button of await buttons.all()) assert.equal(await button.getAttribute('aria-disabled'), 'true')
    await tab.getByText('The portal is off').first().waitFor()
    assert.equal(await tab.getByRole('dialog').count(), 0)
    assert.deepEqual(takeFaults(), [])
  })

  test('an access request is approved by the keyboard alone, and what it asked for is so', async () => {
    const { tab, takeFaults } = await pages.openTab()
    const partner = crypto.randomUUID()
    await pages.admin.call('partners.register', { params: { ...params, partner }, body: { name: 'Spruce Lighting' } })
    const request = await pages.admin.call('accessRequests.create', { params: ofAcme, body: { kind: 'partner', what: partner } })
    await openPage(tab, address(`/${fullRealm}/requests?state=open`))
    const row = tab.getByRole('row').filter({ hasText: 'Spruce Lighting' })
    await pressOn(tab, row.getByRole('button', { name: 'Approve' }))
    const dialog = tab.getByRole('dialog')
    await dialog.getByText(/Calls of .* for Spruce Lighting are allowed from now on/).waitFor()
    await pressOn(tab, dialog.getByRole('button', { name: 'Approve' }))
    await dialog.waitFor({ state: 'detached' })
    await row.waitFor({ state: 'detached' })

    const { items } = await pages.admin.call('accessRequests.ofOrganization', { params: ofAcme })
    assert.equal(items.find(({ id }) => id === request.id)?.state, 'approved')
    const partners = await pages.admin.call('partners.ofOrganization', { params: ofAcme })
    assert.ok(partners.items.some(({ id }) => id === partner))
    assert.deepEqual(takeFaults(), [])
  })

  test('a partner that is not registered yet needs a name', async () => {
    const { tab, takeFaults } = await pages.openTab()
    const partner = crypto.randomUUID()
    await pages.admin.call('accessRequests.create', { params: ofAcme, body: { kind: 'partner', what: partner, note: 'From Bergen' } })
    await openPage(tab, address(`/${fullRealm}/requests?state=open`))
    await tab.getByRole('row').filter({ hasText: 'From Bergen' }).getByRole('button', { name: 'Approve' }).click()
    const dialog = tab.getByRole('dialog')
    await dialog.getByRole('button', { name: 'Approve' }).click()
    await dialog.getByText('This is needed.').waitFor()
    await dialog.getByLabel('Name of the partner').fill('Bergen Outdoor')
    await dialog.getByRole('button', { name: 'Approve' }).click()
    await dialog.waitFor({ state: 'detached' })

    const { items } = await pages.admin.call('partners.ofOrganization', { params: ofAcme })
    assert.equal(items.find(({ id }) => id === partner)?.name, 'Bergen Outdoor')
    assert.deepEqual(takeFaults(), [])
  })

  test('declining needs an answer', async () => {
    const { tab, takeFaults } = await pages.openTab()
    await openPage(tab, address(`/${fullRealm}/requests?state=open`))
    const row = tab.getByRole('row').filter({ hasText: 'Backend for returns' })
    await row.getByRole('button', { name: 'Decline' }).click()
    const dialog = tab.getByRole('dialog')
    await dialog.getByRole('button', { name: 'Decline' }).click()
    await dialog.getByText('This is needed.').waitFor()
    await dialog.getByLabel('Answer, which they read').fill('Use the one that you have.')
    await dialog.getByRole('button', { name: 'Decline' }).click()
    await dialog.waitFor({ state: 'detached' })

    const { items } = await pages.admin.call('accessRequests.ofOrganization', { params: ofAcme })
    const declined = items.find(({ what }) => what === 'Backend for returns')
    assert.deepEqual([declined?.state, declined?.answer], ['declined', 'Use the one that you have.'])
    assert.deepEqual(takeFaults(), [])
  })

  test('a version is published with the text of a file, after the page has said how many it will refuse', async () => {
    const { tab, takeFaults } = await pages.openTab()
    const { counts } = await pages.admin.call('dpa.standing', { params })
    const all = counts!.accepted + counts!.outdated + counts!.missing
    const text = '# Agreement of 2091\n\nIt is [here](https://example.org/).\n'
    await openPage(tab, address(`/${fullRealm}/agreement`))
    await tab.getByRole('button', { name: 'Publish a version' }).click()
    await tab.getByLabel('Version', { exact: true }).fill('2091-01')
    await tab.getByLabel(/^Required from/).fill('2091-01-01T00:00')
    await tab
      .getByLabel('Text, from a file (optional)')
      .setInputFiles({ name: 'a.md', mimeType: 'text/markdown', buffer: Buffer.from(text) })
    await tab.getByText('Read it as integrators do').click()
    await tab.getByRole('heading', { name: 'Agreement of 2091' }).waitFor()
    await tab.getByRole('button', { name: 'Publish the version' }).click()
    const dialog = tab.getByRole('dialog')
    await dialog.getByText(`${all} organizations will be refused from`).waitFor()
    await dialog.getByRole('button', { name: 'Publish the version' }).click()
    await dialog.waitFor({ state: 'detached' })

    const published = await pages.admin.call('dpa.text', { params: { ...params, version: '2091-01' } })
    assert.equal(published.text, text)
    assert.equal(published.digest, createHash('sha256').update(text).digest('hex'))
    assert.deepEqual(takeFaults(), [])
  })

  for (const width of [360, 1280] as const)
    test(`a text and its differences are read without barriers at ${width} px`, async () => {
      const [first, second] = versionsWithText
      const { tab, takeFaults } = await pages.openTab({ width, theme: width === 360 ? 'dark' : 'light' })
      await openPage(tab, address(`/${fullRealm}/agreement?text=${second}`))
      await tab.getByRole('heading', { name: '2 Duration' }).waitFor()
      assert.deepEqual(await findBarriers(tab), [])
      await tab.getByLabel('Show').selectOption(first)
      await tab.getByText('It applies to orders, prices and users.').waitFor()
      assert.equal(await tab.locator('.differences del').count(), 2)
      assert.equal(await tab.locator('.differences ins').count(), 1)
      assert.deepEqual(await findBarriers(tab), [])
      assert.ok(((await tab.evaluate('document.documentElement.scrollWidth')) as number) <= width)
      assert.deepEqual(takeFaults(), [])
    })

  test('a session that an operator ends is over with its next click; the own one is marked', async () => {
    const { tab, takeFaults } = await pages.openTab()
    const other = await pages.openTab({ operator: pages.onlooker, isExpected: (text) => text.includes('401') })
    await openPage(other.tab, address('/settings'))
    await openPage(tab, address('/sessions'))
    await tab.getByRole('row').filter({ hasText: 'this one' }).getByRole('button', { name: 'Sign out' }).waitFor()
    await tab.getByRole('row').filter({ hasText: 'onlooker' }).getByRole('button', { name: 'End' }).first().click()
    const dialog = tab.getByRole('dialog')
    await dialog.getByRole('button', { name: 'End' }).click()
    await dialog.waitFor({ state: 'detached' })
    const status = await other.tab.evaluate(async (path) => (await fetch(path)).status, '/console/api/session')
    assert.equal(status, 401)
    assert.deepEqual(takeFaults(), [])
  })

  for (const width of [360, 1280] as const)
    test(`the page to sign in offers the company first, without barriers at ${width} px`, async () => {
      const { tab, takeFaults } = await pages.openTab({ operator: null, width, theme: width === 360 ? 'dark' : 'light' })
      await tab.route('**/console/api/sign-in', (route) => route.fulfill({ json: { operatorSecret: true, oidc: { name: 'Acme SSO' } } }))
      await tab.route('**/console/api/session', (route) => route.fulfill({ status: 401, json: { type: '/problems/signed-out' } }))
      await tab.goto(address('/sign-in?error=no-role'))
      const link = tab.getByRole('link', { name: 'Sign in with Acme SSO' })
      await link.waitFor()
      assert.match((await link.getAttribute('href')) ?? '', /^\/console\/api\/oidc\/start\?return=%2Fconsole$/)
      await tab.getByText('You have no role here.').waitFor()
      await tab.getByText('With the secret of an operator').click()
      await tab.getByLabel('Client id').waitFor()
      assert.deepEqual(await findBarriers(tab), [])
      assert.deepEqual(
        takeFaults().filter((fault) => !fault.includes('401')),
        [],
      )
    })
})
