// Forms and dialogs as a first-time reader fills them in: where the focus is, what is marked, in whose words, and what a dialog acts on.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import { skipWithoutBrowser } from './browser.ts'
import { aClient, refuseCallOfAcme } from './jobs.ts'
import { consoleAddress, openPage, shareOpenedPages } from './opened-pages.ts'
import { tabTo } from './operate.ts'
import { emptyRealm, fullRealm } from './served-pages.ts'

const params = { realm: fullRealm }

describe('forms and dialogs', { skip: skipWithoutBrowser }, () => {
  const shared = shareOpenedPages()

  async function open(path: string, isExpected: (text: string) => boolean = () => false) {
    const opened = await shared().openTab({ isExpected })
    const { tab } = opened
    await openPage(tab, consoleAddress(shared(), path))
    const dialog = tab.getByRole('dialog')
    return { ...opened, dialog, press: (name: string | RegExp) => dialog.getByRole('button', { name }).click() }
  }
  const isConflict = (text: string) => text.includes('409')
  /** It moves there after what it is about is drawn. */
  const waitForFocus = (tab: Page, label: string) =>
    tab.waitForFunction((wanted) => {
      const { activeElement: element } = document
      return ((element as HTMLInputElement).labels?.[0]?.textContent ?? element?.textContent)?.startsWith(wanted)
    }, label)

  test('while a field is marked, another one can be filled in', async () => {
    const { tab, takeFaults, dialog, press } = await open(`/${fullRealm}/partners`)
    await tab.getByRole('button', { name: 'Register a partner' }).click()
    await dialog.getByLabel('Id of the partner').fill('XYZ')
    await press('Register a partner')
    await dialog.getByText('Write a UUID in lower case').waitFor()
    await waitForFocus(tab, 'Id of the partner')
    await dialog.getByLabel('Name').click()
    await tab.keyboard.type('Dup Partner', { delay: 20 })
    assert.equal(await dialog.getByLabel('Name').inputValue(), 'Dup Partner')
    assert.equal(await dialog.getByLabel('Id of the partner').inputValue(), 'XYZ')
    assert.deepEqual(takeFaults(), [])
  })

  test('the id of a partner that is registered is marked, and the partner keeps its name', async () => {
    const { items } = await shared().admin.call('partners.list', { params, query: { limit: 1 } })
    const [{ id, name }] = items as [(typeof items)[number]]
    const { tab, takeFaults, dialog, press } = await open(`/${fullRealm}/partners`, isConflict)
    await tab.getByRole('button', { name: 'Register a partner' }).click()
    await dialog.getByLabel('Id of the partner').fill(id)
    await dialog.getByLabel('Name').fill('Another name')
    await press('Register a partner')
    await dialog.getByText(`The partner "${name}" has this id`).waitFor()
    await waitForFocus(tab, 'Id of the partner')
    assert.equal((await shared().admin.call('partners.get', { params: { ...params, partner: id } })).name, name)
    assert.deepEqual(takeFaults(), [])
  })

  test('a mark of the server goes to its field, in the words of the form, and the others can be filled in', async () => {
    const { tab, takeFaults, dialog, press } = await open(`/${fullRealm}/clients`, isConflict)
    await aClient(shared().admin, 'is-taken')
    await tab.getByRole('button', { name: 'New client' }).click()
    await dialog.getByLabel('Organization', { exact: true }).fill('acme')
    await dialog.getByLabel('Name', { exact: true }).fill('Second')
    await dialog.getByLabel(/^Client id/).fill('is-taken')
    await press('New client')
    await dialog.getByText(/has a client "is-taken" already/).waitFor()
    await waitForFocus(tab, 'Client id')
    await dialog.getByLabel('Name', { exact: true }).click()
    await tab.keyboard.press('End')
    await tab.keyboard.type(' backend', { delay: 20 })
    assert.equal(await dialog.getByLabel('Name', { exact: true }).inputValue(), 'Second backend')
    assert.deepEqual(takeFaults(), [])
  })

  test('Back asks before it leaves a form in which something was typed, and closes one in which nothing was', async () => {
    const { tab, takeFaults, dialog, press } = await open(`/${fullRealm}/organizations/acme`)
    const clients = consoleAddress(shared(), `/${fullRealm}/clients`)
    await tab.getByRole('navigation').getByRole('link', { name: 'Clients', exact: true }).click()
    await tab.getByRole('heading', { level: 1, name: 'Clients' }).waitFor()
    const openForm = async () => {
      await tab.getByRole('button', { name: 'New client' }).click()
      await dialog.waitFor()
    }
    await openForm()
    await dialog.getByLabel('Name', { exact: true }).fill('Half a client')
    for (let count = 0; count < 2; count++) {
      await tab.goBack()
      await dialog.getByText('What you wrote is not sent').waitFor()
      await tab.waitForURL(clients)
      await press('Keep editing')
    }
    assert.equal(await dialog.getByLabel('Name', { exact: true }).inputValue(), 'Half a client')
    assert.ok(await tab.getByRole('heading', { level: 1, name: 'Clients', includeHidden: true }).isVisible())
    await tab.goBack()
    await press('Discard it')
    await dialog.waitFor({ state: 'detached' })

    await openForm()
    await tab.goBack()
    await dialog.waitFor({ state: 'detached' })
    await tab.getByRole('heading', { level: 1, name: 'Acme' }).waitFor()
    assert.deepEqual(takeFaults(), [])
  })

  test('a version of the agreement that is being written is asked about before another page comes, also while its form is closed', async () => {
    const { tab, takeFaults } = await open(`/${fullRealm}/agreement`)
    const publish = () => tab.getByRole('button', { name: 'Publish a version' }).click()
    await publish()
    const version = tab.getByLabel('Version', { exact: true })
    await version.fill('2027-01')
    await publish()
    await version.waitFor({ state: 'hidden' })
    const link = tab.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'Partners', exact: true })
    await link.click()
    await tab.getByRole('button', { name: 'Back to it' }).click()
    assert.equal(await version.inputValue(), '2027-01')
    await link.click()
    await tab.getByRole('button', { name: 'Leave without it' }).click()
    await tab.getByRole('heading', { level: 1, name: 'Partners' }).waitFor()
    assert.deepEqual(takeFaults(), [])
  })

  test('a dialog names the organization or the client that it acts on, and its end says what was done', async () => {
    await aClient(shared().admin, 'of-title')
    const { tab, takeFaults, dialog, press } = await open(`/${fullRealm}/clients/of-title`)
    await tab.getByRole('button', { name: 'Rename' }).click()
    await tab.getByRole('dialog', { name: 'Give it another name? Client of-title' }).waitFor()
    await dialog.getByLabel('Name').fill('Of a title')
    await press('Rename')
    await tab.getByRole('status').filter({ hasText: 'The client has another name.' }).waitFor()
    await openPage(tab, consoleAddress(shared(), `/${fullRealm}/organizations/acme`))
    await tab.getByRole('button', { name: 'New client' }).click()
    await tab.getByRole('dialog', { name: 'New client of Acme' }).waitFor()
    assert.deepEqual(takeFaults(), [])
  })

  test('the scopes of a new client are ticked, and its form has no word of the configuration', async () => {
    const { tab, takeFaults, dialog } = await open(`/${fullRealm}/organizations/acme`)
    await tab.getByRole('button', { name: 'New client' }).click()
    await dialog.getByRole('checkbox', { name: 'orders:read' }).waitFor()
    const words = await dialog.locator('form > fieldset').innerText()
    assert.match(words, /“api-client-acme”, with a number if that is taken/)
    assert.doesNotMatch(words, /\{slug\}|anyClientId|token profile|must be omitted|RFC 6749/)
    assert.deepEqual(takeFaults(), [])
  })

  test('the scopes of a client are ticked where they are changed, with those that it has', async () => {
    const { read } = await aClient(shared().admin, 'of-scopes')
    const { tab, takeFaults, dialog, press } = await open(`/${fullRealm}/clients/of-scopes`)
    await tab.getByRole('button', { name: 'Change the scopes' }).click()
    await dialog.getByRole('checkbox', { name: 'orders:read' }).check()
    await press('Change the scopes')
    await dialog.waitFor({ state: 'detached' })
    assert.deepEqual((await read()).scopes, ['profile', 'orders:read'])
    assert.deepEqual(takeFaults(), [])
  })

  test('all fields that are wrong are marked in one round', async () => {
    const { tab, takeFaults, dialog, press } = await open(`/${emptyRealm}/clients`)
    await tab.getByRole('button', { name: 'New client' }).click()
    await dialog.getByLabel(/^Client id/).fill('bad id/é')
    await press('New client')
    await dialog.getByText('This is needed.').first().waitFor()
    await dialog.getByText(/^Letters, digits, "\.", "_" and "-"/).waitFor()
    assert.equal(await dialog.locator('[data-wrong]').count(), 3)
    assert.deepEqual(takeFaults(), [])
  })

  test('a short name that is taken is marked as such in New organization', async () => {
    const { tab, takeFaults, dialog, press } = await open(`/${fullRealm}/organizations`, isConflict)
    await tab.getByRole('button', { name: 'New organization' }).click()
    await dialog.getByLabel('Name', { exact: true }).fill('Acme')
    await tab.keyboard.press('Enter')
    await dialog.getByText(/has an organization "acme" already/).waitFor()
    await waitForFocus(tab, 'Short name')
    assert.doesNotMatch(await dialog.innerText(), /slug/)
    await tab.keyboard.press('Escape')
    await press('Discard it')
    assert.deepEqual(takeFaults(), [])
  })

  test('chosen partners are no trap on the way to the next field, and are removed by the keyboard', async () => {
    const { tab, takeFaults, dialog } = await open(`/${fullRealm}/organizations`)
    await tab.getByRole('button', { name: 'New organization' }).click()
    const partners = dialog.getByRole('combobox', { name: /Partners/ })
    for (const name of ['Rose Lamps', 'Blue Lamps']) {
      await partners.fill(name)
      await dialog.getByRole('option', { name: `Register a new partner: ${name}` }).waitFor()
      await tab.keyboard.press('Enter')
    }
    await tab.keyboard.press('Tab')
    await tab.keyboard.type('Rosa Blue')
    assert.equal(await dialog.getByLabel('The agreement was accepted by').inputValue(), 'Rosa Blue')
    const chosen = dialog.locator('.chosen li')
    assert.equal(await chosen.count(), 2)
    await partners.focus()
    await tab.keyboard.press('Backspace')
    assert.equal(await chosen.count(), 1)
    await tab.keyboard.press('ArrowLeft')
    await dialog.getByRole('button', { name: 'Take Rose Lamps out' }).and(tab.locator(':focus')).waitFor()
    await tab.keyboard.press('Enter')
    assert.equal(await chosen.count(), 0)
    await partners.and(tab.locator(':focus')).waitFor()
    assert.deepEqual(takeFaults(), [])
  })

  test('a partner that was typed and not chosen is taken if it is one of the list, and asked about if not', async () => {
    const { tab, takeFaults, dialog, press } = await open(`/${fullRealm}/organizations`)
    const { items } = await shared().admin.call('partners.list', { params, query: { limit: 200 } })
    await tab.getByRole('button', { name: 'New organization' }).click()
    const partners = dialog.getByRole('combobox', { name: /Partners/ })
    await dialog.getByLabel('Name', { exact: true }).fill('Typed Only')
    await partners.click()
    await tab.keyboard.press('ArrowDown')
    const offered = await dialog.getByRole('option').allInnerTexts()
    assert.deepEqual(
      offered,
      offered.toSorted((a, b) => a.localeCompare(b)),
    )
    await partners.fill('Unconfirmed Co')
    await press('Make the organization')
    await dialog.getByText('Choose one of the list, or remove what you typed.').waitFor()
    await waitForFocus(tab, 'Partners')
    const one = items.find(({ name }) => items.filter((other) => other.name === name).length === 1)!
    await partners.fill(one.name.toUpperCase())
    await tabTo(tab, dialog.getByLabel('The agreement was accepted by'))
    await dialog.locator('.chosen li').filter({ hasText: one.name }).waitFor()
    assert.equal(await partners.inputValue(), '')
    assert.deepEqual(takeFaults(), [])
  })

  test('a reason that is needed stands in no fold and has the focus; of another secret only a client with two is told', async () => {
    await aClient(shared().admin, 'of-one-secret')
    const { tab, takeFaults, dialog } = await open(`/${fullRealm}/clients/of-one-secret`)
    await tab.getByRole('button', { name: 'A secret leaked?' }).click()
    await dialog.getByLabel(/^Reason/).waitFor()
    await waitForFocus(tab, 'Reason, for the audit log')
    const place = await dialog.locator('form').evaluate((form) => {
      const fold = [...form.querySelectorAll('details')].find((one) => one.textContent?.includes('More settings'))
      const reason = [...form.querySelectorAll('label')].find((one) => one.textContent?.startsWith('Reason'))
      const isBefore = !fold || !!(reason!.compareDocumentPosition(fold) & Node.DOCUMENT_POSITION_FOLLOWING)
      return { isBefore, isOpen: fold?.open ?? false }
    })
    assert.deepEqual(place, { isBefore: true, isOpen: false })
    assert.doesNotMatch((await dialog.textContent()) ?? '', /other secret/)
    assert.deepEqual(takeFaults(), [])
  })

  test('the remedy of an explanation names the partner, and asks nothing that is known', async () => {
    const { requestId, partner } = await refuseCallOfAcme(shared(), 'Contract ended')
    const { tab, takeFaults, dialog } = await open(`/explain/${requestId}`)
    await tab.getByRole('button', { name: `Allow acme to act for ${partner.name}` }).click()
    await tab.getByRole('dialog', { name: `Allow acme to act for ${partner.name}?` }).waitFor()
    assert.equal(await dialog.getByLabel(/Name of the partner/).count(), 0)
    assert.deepEqual(takeFaults(), [])
  })

  test('a file of partners that are all allowed already changes nothing, and its end says so', async () => {
    const { items } = await shared().admin.call('partners.ofOrganization', { params: { realm: fullRealm, organization: 'harbor' } })
    const { tab, takeFaults, dialog } = await open(`/${fullRealm}/organizations/harbor`)
    await tab.getByRole('button', { name: 'From a file' }).click()
    await tab.getByLabel(/^One partner a line/).fill(items.map(({ id }) => id).join('\n'))
    await tab.getByRole('button', { name: 'Allow 1 partner' }).click()
    await dialog.getByRole('button', { name: 'Allow 1 partner' }).click()
    await tab.getByRole('status').filter({ hasText: 'Nothing was changed: Harbor (two APIs) may act for all of them already.' }).waitFor()
    assert.deepEqual(takeFaults(), [])
  })

  test('two organizations of one name are told apart by their short names in the list of the agreement', async () => {
    for (const slug of ['namesake-north', 'namesake-south']) {
      const organization = { slug, name: 'Namesake' }
      await shared().admin.call('organizations.create', { params: { realm: fullRealm }, body: organization })
      const body = { organization: slug, clientId: `${slug}-client`, name: 'Backend', scopes: ['profile'] }
      await shared().admin.call('clients.create', { params: { realm: fullRealm }, body })
    }
    const { tab, takeFaults } = await open(`/${fullRealm}/agreement`)
    await tab.getByRole('row', { name: 'Namesake namesake-north never accepted' }).waitFor()
    await tab.getByRole('row', { name: 'Namesake namesake-south never accepted' }).waitFor()
    assert.deepEqual(takeFaults(), [])
  })

  test('a version of the agreement that cannot be published yet says what it lacks', async () => {
    const { tab, takeFaults } = await open(`/${fullRealm}/agreement`)
    await tab.getByRole('button', { name: 'Publish a version' }).click()
    await tab.getByText('Name the version first.').waitFor()
    await tab.getByLabel('Version', { exact: true }).fill('2028-01')
    await tab.getByText('Say from when it is required.').waitFor()
    assert.deepEqual(takeFaults(), [])
  })

  test('the sign-in asks for what is empty in the words of the pages, not of the browser', async () => {
    const { tab, takeFaults } = await shared().openTab({ operator: null, isExpected: (text) => /401/.test(text) })
    await tab.goto(consoleAddress(shared(), '/sign-in'))
    await tab.getByRole('button', { name: 'Sign in', exact: true }).click()
    await tab.getByText('This is needed.').nth(1).waitFor()
    await waitForFocus(tab, 'Client id')
    await tab.getByLabel('Client id').fill('operator')
    await tab.getByRole('button', { name: 'Sign in', exact: true }).click()
    await tab.getByText('This is needed.').waitFor()
    assert.equal(await tab.locator(':focus').getAttribute('name'), 'clientSecret')
    assert.deepEqual(takeFaults(), [])
  })

  test('an empty field is asked for in the words of the pages, not of the browser', async () => {
    const { tab, takeFaults } = await open('/explain')
    await tab.getByRole('button', { name: 'Explain', exact: true }).click()
    await tab.getByText('This is needed.').waitFor()
    await waitForFocus(tab, 'Request id')
    assert.deepEqual(takeFaults(), [])
  })
})
