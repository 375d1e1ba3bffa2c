// The jobs of people at the portal, by mouse and by the keyboard alone: from an invitation to the first token, and the agreement in three clicks.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { skipWithoutBrowser } from './browser.ts'
import { tokenStatus } from './jobs.ts'
import { openPage, shareOpenedPages, until } from './opened-pages.ts'
import { hands, pressOn, readClipboard, tabTo, useMouse } from './operate.ts'
import { addAuthenticator, answerSignInAgain, invite, joinPortal, loseSession } from './people.ts'
import { fullRealm } from './served-pages.ts'

const maxMinutes = 5
const params = { realm: fullRealm }

describe('people at the portal', { skip: skipWithoutBrowser }, () => {
  const shared = shareOpenedPages()
  const openStranger = () => shared().openTab({ operator: null, isExpected: (text) => /40[134]/.test(text) })
  const anOrganization = (slug: string) => shared().admin.call('organizations.create', { params, body: { slug, name: `Company ${slug}` } })

  for (const way of ['mouse', 'keyboard'] as const)
    test(`from an invitation to the first token within ${maxMinutes} minutes, by ${way}`, async () => {
      const organization = `first-token-${way}`
      await anOrganization(organization)
      const link = await invite(shared().admin, organization, 'developer')
      const { tab, takeFaults } = await openStranger()
      const { press, type } = hands[way](tab)
      const authenticator = await addAuthenticator(tab)
      const startedAt = Date.now()

      await tab.goto(link)
      await tab.getByRole('heading', { name: `invites you to the portal of Company ${organization}` }).waitFor()
      assert.equal(new URL(tab.url()).hash, '', 'the invitation is not in the address any more')
      await type(tab.getByLabel('Your name'), 'Rosa Diaz')
      await type(tab.getByLabel('Your work email address'), 'rosa@company.example')
      await press(tab.getByRole('button', { name: 'Make a passkey' }))
      await tab.waitForURL(`${shared().origin}/portal`)
      assert.equal((await authenticator.passkeys()).length, 1)
      await press(tab.getByRole('button', { name: 'Ask for a client' }))
      const dialog = tab.getByRole('dialog')
      await type(dialog.getByLabel('Name of the client'), 'Order backend')
      await press(dialog.getByRole('button', { name: 'Ask for a client' }))
      await dialog.waitFor({ state: 'detached' })

      const [asked] = (await shared().admin.call('accessRequests.list', { params, query: { organization } })).items
      assert.deepEqual([asked?.what, asked?.askedBy], ['Order backend', 'Rosa Diaz'])
      await shared().admin.call('accessRequests.approve', { params: { ...params, organization, accessRequest: asked!.id }, body: {} })

      await press(tab.getByRole('link', { name: 'Make the client' }))
      await press(dialog.getByRole('button', { name: 'Make the client' }))
      await press(dialog.getByRole('button', { name: 'Copy', exact: true }))
      await dialog.getByRole('button', { name: 'Copied' }).waitFor()
      const secret = await readClipboard(tab)
      await press(dialog.getByRole('button', { name: 'Done' }))
      await press(tab.locator('main').getByRole('link', { name: 'Try it' }))
      await type(tab.getByLabel('Client secret'), secret)
      await press(tab.getByRole('button', { name: 'Get a token' }))
      await tab.getByText('It works.').waitFor()
      const minutes = (Date.now() - startedAt) / 60_000
      assert.ok(minutes < maxMinutes, `${minutes} minutes`)

      const [client] = (await shared().admin.call('clients.list', { params, query: { organization } })).items
      assert.equal(await tokenStatus(shared(), client!.clientId, secret), 200)
      const kept = (await tab.evaluate(
        'JSON.stringify([{ ...localStorage }, { ...sessionStorage }, document.cookie, location.href])',
      )) as string
      assert.ok(!kept.includes(secret) && !kept.includes(new URL(link).hash.slice(1)))
      assert.deepEqual(takeFaults(), [])
    })

  test('an integrator accepts the agreement in three clicks, and the digest is that of the text', async () => {
    const mouse = useMouse()
    const version = await requireAgreement('2091-01')
    const organization = 'accepts-by-mouse'
    await anOrganization(organization)
    const { tab, takeFaults } = await openStranger()
    await joinPortal(shared(), tab, { organization, role: 'admin', name: 'Mia Wong' })
    await mouse.click(tab.getByRole('link', { name: 'Read and accept' }))
    await tab.getByText('kept in the European Union').waitFor()
    await mouse.click(tab.getByRole('button', { name: `Accept ${version}` }))
    await mouse.click(tab.getByRole('dialog').getByRole('button', { name: `Accept ${version}` }))
    await tab.getByText('You have accepted what is required').waitFor()
    assert.equal(mouse.clicks, 3)
    assert.deepEqual(await acceptanceOf(organization), { version, acceptedBy: 'Mia Wong', person: 'Mia Wong', isWithText: true })
    assert.deepEqual(takeFaults(), [])
  })

  test('long after signing in the passkey confirms it, in one more click', async () => {
    const mouse = useMouse()
    const version = await requireAgreement('2091-02')
    const organization = 'accepts-later'
    await anOrganization(organization)
    const { tab, takeFaults } = await openStranger()
    await joinPortal(shared(), tab, { organization, role: 'admin', name: 'Mia Wong' })
    await openPage(tab, `${shared().origin}/portal/agreement`)
    await answerSignInAgain(tab, '**/dpa-acceptances')
    await mouse.click(tab.getByRole('button', { name: `Accept ${version}` }))
    const dialog = tab.getByRole('dialog')
    await mouse.click(dialog.getByRole('button', { name: `Accept ${version}` }))
    await mouse.click(dialog.getByRole('button', { name: 'Use my passkey' }))
    await tab.getByText('You have accepted what is required').waitFor()
    assert.equal(mouse.clicks, 3)
    assert.deepEqual(await acceptanceOf(organization), { version, acceptedBy: 'Mia Wong', person: 'Mia Wong', isWithText: true })
    assert.deepEqual(takeFaults(), [])
  })

  test('by the keyboard, too, after reading what is new', async () => {
    const organization = 'accepts-by-keyboard'
    await anOrganization(organization)
    const before = await requireAgreement('2092-01')
    const { digest } = await shared().admin.call('dpa.text', { params: { ...params, version: before } })
    await shared().admin.call('dpa.accept', {
      params: { ...params, organization },
      body: { version: before, acceptedBy: 'Rosa Diaz', digest },
    })
    const version = await requireAgreement('2093-01', 'Data are kept in the European Union, and in Norway.')
    const { tab, takeFaults } = await openStranger()
    await joinPortal(shared(), tab, { organization, role: 'admin', name: 'Mia Wong' })
    await pressOn(tab, tab.getByRole('link', { name: 'Read and accept' }))
    await pressOn(tab, tab.getByRole('button', { name: `What is new since ${before}` }))
    await tab.getByRole('insertion').filter({ hasText: 'and in Norway' }).waitFor()
    await pressOn(tab, tab.getByRole('button', { name: `Accept ${version}` }))
    const dialog = tab.getByRole('dialog')
    await tabTo(tab, dialog.getByLabel('Your name, as it is recorded'))
    await tab.keyboard.press('Control+A')
    await tab.keyboard.type('Mia Wong, CFO')
    await tab.keyboard.press('Enter')
    await tab.getByText('You have accepted what is required').waitFor()
    assert.deepEqual(await acceptanceOf(organization), { version, acceptedBy: 'Mia Wong, CFO', person: 'Mia Wong', isWithText: true })
    assert.deepEqual(takeFaults(), [])
  })

  async function requireAgreement(version: string, sentence = 'Data are kept in the European Union.'): Promise<string> {
    const text = `# Agreement\n\nThe provider processes data for you.\n\n## Place\n\n${sentence}\n`
    await shared().admin.call('dpa.publish', { params, body: { version, requiredFrom: new Date().toISOString(), text } })
    return version
  }

  async function acceptanceOf(organization: string) {
    const [last] = await until('an acceptance', async () => {
      const { items } = await shared().admin.call('dpa.acceptances', { params: { ...params, organization } })
      return items.length > 0 ? items : undefined
    })
    const { version, acceptedBy, person, textDigest } = last!
    const { digest } = await shared().admin.call('dpa.text', { params: { ...params, version } })
    return { version, acceptedBy, person: person?.name, isWithText: textDigest === digest }
  }

  test('an invitation works once, opening it changes nothing, and the page says so', async () => {
    const link = await invite(shared().admin, 'acme', 'viewer')
    const first = await openStranger()
    await first.tab.goto(link)
    await first.tab.getByText('As viewer').waitFor()
    await first.tab.reload()
    await first.tab.getByRole('heading', { name: 'Open the link of your invitation again' }).waitFor()
    await addAuthenticator(first.tab)
    await first.tab.evaluate((hash) => (location.hash = hash), new URL(link).hash)
    await first.tab.getByLabel('Your name').fill('Noor Haddad')
    await first.tab.getByLabel('Your work email address').fill('noor@acme.example')
    await first.tab.getByRole('button', { name: 'Make a passkey' }).click()
    await first.tab.waitForURL(`${shared().origin}/portal`)

    const second = await openStranger()
    await second.tab.goto(link)
    await second.tab.getByRole('heading', { name: 'This invitation has ended' }).waitFor()
    assert.deepEqual([...first.takeFaults(), ...second.takeFaults()], [])
  })

  test('a person without a passkey on the device is told what to do, and the link stays good', async () => {
    const { tab } = await openStranger()
    await tab.addInitScript('delete window.PublicKeyCredential')
    const link = await invite(shared().admin, 'acme', 'viewer')
    await tab.goto(link)
    await tab.getByText('This browser cannot make a passkey.').waitFor()
    assert.equal(await tab.getByRole('button', { name: 'Make a passkey' }).count(), 0)

    const other = await openStranger()
    const device = await addAuthenticator(other.tab)
    await device.setVerified(false)
    await other.tab.goto(link)
    await other.tab.getByLabel('Your name').fill('Noor Haddad')
    await other.tab.getByLabel('Your work email address').fill('noor@acme.example')
    await other.tab.getByRole('button', { name: 'Make a passkey' }).click()
    await other.tab.getByRole('alert').filter({ hasText: 'No passkey was made' }).waitFor()
    await device.setVerified(true)
    await other.tab.getByRole('button', { name: 'Make a passkey' }).click()
    await other.tab.waitForURL(`${shared().origin}/portal`)
  })

  test('a session that ended goes on by the passkey, and a step that needs a fresh sign-in asks for it', async () => {
    const { tab, takeFaults } = await openStranger()
    await joinPortal(shared(), tab, { organization: 'acme', role: 'admin', name: 'Iris Berg' })
    await openPage(tab, `${shared().origin}/portal/people`)
    await tab.getByRole('button', { name: 'Invite' }).click()
    const dialog = tab.getByRole('dialog', { name: 'Invite to the portal?' })
    await dialog.getByLabel('Role').selectOption('viewer')
    await loseSession(tab)
    await dialog.getByRole('button', { name: 'Invite' }).click()
    const again = tab.getByRole('dialog', { name: 'Sign in again' })
    await again.getByRole('button', { name: 'Sign in with a passkey' }).click()
    await again.waitFor({ state: 'hidden' })

    await answerSignInAgain(tab, '**/invitations')
    await dialog.getByRole('button', { name: 'Go on' }).click()
    await dialog.getByRole('button', { name: 'Use my passkey' }).click()
    await tab.getByRole('dialog', { name: 'The invitation' }).getByRole('button', { name: 'Copy', exact: true }).click()
    assert.match(await readClipboard(tab), /\/portal\/invitation#[\w-]{43}$/)
    assert.deepEqual(takeFaults(), [])
  })

  test('a page that learns by itself that the session ended leaves a dialog as it was', async () => {
    const { tab, context, takeFaults } = await openStranger()
    await joinPortal(shared(), tab, { organization: 'acme', role: 'admin', name: 'Kim Lund' })
    await openPage(tab, `${shared().origin}/portal/people`)
    await tab.getByRole('button', { name: 'Invite' }).click()
    const dialog = tab.getByRole('dialog', { name: 'Invite to the portal?' })
    await dialog.getByLabel('Role').selectOption('developer')
    await context.clearCookies()
    await invite(shared().admin, 'acme', 'viewer') // Of which the page gets a hint.
    const again = tab.getByRole('dialog', { name: 'Sign in again' })
    await again.getByRole('button', { name: 'Sign in with a passkey' }).click()
    await again.waitFor({ state: 'hidden' })

    assert.equal(await dialog.getByLabel('Role').inputValue(), 'developer')
    await dialog.getByRole('button', { name: 'Invite' }).click()
    await tab.getByRole('dialog', { name: 'The invitation' }).waitFor()
    assert.deepEqual(takeFaults(), [])
  })

  test('a second passkey signs in when the device of the first is lost, and the first is removed', async () => {
    const { tab, takeFaults } = await openStranger()
    const laptop = await joinPortal(shared(), tab, { organization: 'acme', role: 'viewer', name: 'Ines Duarte' })
    await laptop.lose()
    await addAuthenticator(tab)
    await openPage(tab, `${shared().origin}/portal/people`)
    await tab.getByText('Your only one').waitFor()
    await tab.getByRole('button', { name: 'Add a passkey' }).click()
    const dialog = tab.getByRole('dialog')
    await dialog.getByLabel('Name, to tell your passkeys apart').fill('Security key')
    await dialog.getByRole('button', { name: 'Make a passkey' }).click()
    const rows = tab.getByRole('table', { name: 'Your passkeys' }).getByRole('row')
    await rows.filter({ hasText: 'Security key' }).waitFor()

    await tab.getByRole('button', { name: 'Sign out' }).click()
    await tab.getByRole('button', { name: 'Sign in with a passkey' }).click()
    await tab.getByRole('heading', { name: 'Your passkeys' }).waitFor()
    await rows.filter({ hasNotText: 'Security key' }).getByRole('button', { name: 'Remove' }).click()
    await dialog.getByRole('button', { name: 'Remove' }).click()
    await tab.getByText('Your only one').waitFor()
    assert.deepEqual(takeFaults(), [])
  })

  test('another role is in force at the next click, and a colleague who is removed is out', async () => {
    const colleague = await openStranger()
    await joinPortal(shared(), colleague.tab, { organization: 'acme', role: 'viewer', name: 'Omar Reyes' })
    const { tab, takeFaults } = await openStranger()
    await joinPortal(shared(), tab, { organization: 'acme', role: 'admin', name: 'Lena Fischer' })
    await openPage(tab, `${shared().origin}/portal/people`)
    const dialog = tab.getByRole('dialog')
    const row = tab.getByRole('row').filter({ hasText: 'Omar Reyes' }).filter({ hasText: 'omar.reyes' })

    await row.getByRole('button', { name: 'Change the role' }).click()
    await dialog.getByLabel('Role').selectOption('developer')
    await dialog.getByRole('button', { name: 'Change the role' }).click()
    await row.filter({ hasText: 'developer' }).waitFor()
    await openPage(colleague.tab, `${shared().origin}/portal/people`)
    await colleague.tab.locator('.whose').filter({ hasText: 'developer' }).waitFor()

    await row.getByRole('button', { name: 'Remove' }).click()
    await dialog.getByRole('button', { name: 'Remove' }).click()
    await row.waitFor({ state: 'detached' })
    await colleague.tab.reload()
    await colleague.tab.getByRole('heading', { name: 'Sign in to the portal' }).waitFor()
    assert.deepEqual(takeFaults(), [])
  })
})
