// Bad input at the pages: by forms, by the address, by files, at the sign-in. What a form refuses is also refused by the server, which no form
// stands in front of.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import { addressesOf } from './addresses.ts'
import { skipWithoutBrowser } from './browser.ts'
import { aClient } from './jobs.ts'
import { consoleAddress, openPage, shareOpenedPages } from './opened-pages.ts'
import { fullRealm } from './served-pages.ts'

const params = { realm: fullRealm }

/** As a program in the page asks that no form stands in front of. @returns status, and the pointer of the first error */
function send(tab: Page, method: string, path: string, body: object): Promise<readonly [number, string | undefined]> {
  return tab.evaluate(
    async ([how, url, text]) => {
      const headers = { 'content-type': 'application/json', 'if-match': '*' }
      const response = await fetch(url!, { method: how!, headers, body: text! })
      const problem = (await response.json()) as { errors?: { pointer: string }[] }
      return [response.status, problem.errors?.[0]?.pointer] as const
    },
    [method, `/console/api/v1${path}`, JSON.stringify(body)],
  )
}

describe('bad input at the pages', { skip: skipWithoutBrowser }, () => {
  const shared = shareOpenedPages()
  const address = (path: string) => consoleAddress(shared(), path)

  test('abuse 155: a line break is not taken by a form, nor by the server from a program in the page', async () => {
    const { read } = await aClient(shared().admin, 'of-one-line')
    const { tab, takeFaults } = await shared().openTab({ isExpected: (text) => text.includes('400') })
    await openPage(tab, address(`/${fullRealm}/clients/of-one-line`))
    await tab.getByRole('button', { name: 'Rename' }).click()
    const dialog = tab.getByRole('dialog')
    const name = dialog.getByLabel('Name')
    await name.fill('Backend\tX-Injected: 1')
    await dialog.getByRole('button', { name: 'Rename' }).click()
    await dialog.getByText('Text on one line, without control characters.').waitFor()
    assert.equal(await name.getAttribute('aria-invalid'), 'true')
    assert.equal((await read()).name, 'Backend of-one-line')

    // A field of one line has none.
    await name.fill('Backend\r\nX-Injected: 1')
    await dialog.getByRole('button', { name: 'Rename' }).click()
    await dialog.waitFor({ state: 'detached' })
    assert.match((await read()).name, /^Backend ?X-Injected: 1$/)
    const path = `/realms/${fullRealm}/clients/of-one-line`
    for (const text of ['Backend\r\nX-Injected: 1', 'Backend\nX', 'Backend\u0000'])
      assert.deepEqual(await send(tab, 'PATCH', path, { name: text }), [400, '/name'])
    assert.deepEqual(await send(tab, 'PATCH', path, { headerType: 'at+jwt\r\nx: y' }), [400, '/headerType'])
    assert.deepEqual(takeFaults(), [])
  })

  test('abuse 156: a lifetime of nothing or of ten years is refused at its field, and by the server', async () => {
    const { read } = await aClient(shared().admin, 'of-short-lifetime')
    const { tab, takeFaults } = await shared().openTab({ isExpected: (text) => text.includes('400') })
    await openPage(tab, address(`/${fullRealm}/clients/of-short-lifetime`))
    await tab.getByRole('button', { name: 'Change the tokens' }).click()
    const dialog = tab.getByRole('dialog')
    const lifetime = dialog.getByLabel(/^Lifetime of its tokens/)
    for (const [typed, words] of [
      ['0', 'At least 1 second.'],
      ['315360000', 'At most 1 day.'],
      ['-5', 'Write a whole number.'],
      ['for ever', 'Write a whole number.'],
    ] as const) {
      await lifetime.fill(typed)
      await dialog.getByRole('button', { name: 'Change the tokens' }).click()
      await dialog.getByText(words).first().waitFor()
    }
    const path = `/realms/${fullRealm}/clients/of-short-lifetime`
    for (const accessTokenLifetime of [0, 315_360_000, -5, 0.5, '300'])
      assert.deepEqual(await send(tab, 'PATCH', path, { accessTokenLifetime }), [400, '/accessTokenLifetime'])
    assert.equal((await read()).accessTokenLifetime, null)
    assert.deepEqual(takeFaults(), [])
  })

  test('abuse 157: of two who open the link of the start at once, one is signed in, and the link is in no address afterwards', async () => {
    const tabs = await Promise.all([0, 1, 2].map(() => shared().openTab({ operator: null, isExpected: (text) => text.includes('401') })))
    const link = shared().consoleLink
    const arrive = async ({ tab }: (typeof tabs)[number]) => {
      await tab.goto(link)
      const form = tab.getByRole('heading', { name: 'Sign in to the console' })
      await form.or(tab.locator('.whose')).first().waitFor()
      return (await form.count()) === 0
    }
    const areIn = await Promise.all(tabs.slice(0, 2).map(arrive))
    assert.deepEqual(areIn.toSorted(), [false, true])
    assert.equal(await arrive(tabs[2]!), false, 'nor a third one later')
    assert.match(await tabs[2]!.tab.getByRole('alert').innerText(), /This sign-in is over/, 'and the form says why')
    for (const { tab, takeFaults } of tabs) {
      assert.ok(!tab.url().includes('#once='))
      await tab.goBack().catch(() => null)
      assert.ok(!tab.url().includes('#once='), 'nor in the history')
      assert.deepEqual(takeFaults(), [])
    }
  })

  test('abuse 160: whatever the address of the audit log asks for, the page answers in words', async () => {
    const { tab, takeFaults } = await shared().openTab({ isExpected: (text) => text.includes('400') })
    const members = ['tab', 'realm', 'who', 'about', 'kind', 'since', 'from', 'to', 'request', 'after', 'organization', 'events', 'realms']
    const questions = [
      ...members.flatMap((member) =>
        ["'; DROP TABLE audit_events; --", 'constructor'].map((text) => ({ since: 'between', [member]: text })),
      ),
      Object.fromEntries(members.map((member) => [member, '\0'])),
      { since: 'all', about: 'W'.repeat(4000) },
    ]
    const count = async () => (await shared().admin.call('audit.search', { params: {}, query: { limit: 200 } })).items.length
    const before = await count()
    for (const question of questions) {
      const path = `/audit?${new URLSearchParams(question)}`
      await openPage(tab, address(path))
      assert.equal(await tab.getByRole('heading', { level: 1, name: 'Audit log' }).count(), 1, path.slice(0, 100))
    }
    const query = new URLSearchParams({ tab: 'all', since: 'between', from: '2016-01-01T00:00:00Z', to: '2027-01-01T00:00:00Z' })
    await openPage(tab, address(`/audit?${query}`))
    assert.ok((await tab.locator('main').getByRole('listitem').count()) > 10, 'eleven years are read a page at a time')
    assert.ok((await count()) >= before)
    assert.deepEqual(takeFaults(), [])
  })

  test('abuse 160: a member of the address that a page does not know changes nothing on it', async () => {
    const { tab, takeFaults } = await shared().openTab({ isExpected: (text) => /40[04]/.test(text) })
    const names = ['realm', 'client', 'guards', 'keys', 'clients', 'organizations', 'health', 'summary', 'found', 'refresh', '__proto__']
    const query = new URLSearchParams(names.map((name) => [name, 'x']))
    for (const { route, full } of await addressesOf(shared().admin)) {
      await openPage(tab, `${shared().origin}${full}?${query}`)
      assert.equal(await tab.getByRole('heading', { level: 1 }).count(), 1, route)
    }
    assert.deepEqual(takeFaults(), [])
  })

  test('abuse 161: of a file with one line that cannot be used nothing is sent, and the line is named', async () => {
    const { admin } = shared()
    const ofAcme = { ...params, organization: 'acme' }
    const total = async () => (await admin.call('partners.ofOrganization', { params: ofAcme, query: { limit: 200 } })).items.length
    const before = await total()
    const { tab, takeFaults } = await shared().openTab({ isExpected: (text) => /4\d\d/.test(text) })
    await openPage(tab, address(`/${fullRealm}/organizations/acme`))
    await tab.getByRole('button', { name: 'From a file' }).click()
    const ids = Array.from({ length: 500 }, () => crypto.randomUUID())
    const load = (lines: readonly string[]) =>
      tab.getByLabel('File', { exact: true }).setInputFiles({ name: 'p.csv', mimeType: 'text/csv', buffer: Buffer.from(lines.join('\n')) })
    await load(ids.map((id, index) => (index === 250 ? 'no-such-id,Broken' : `${id},Partner ${index}`)))
    await tab.getByText(/^1 line cannot be used. Nothing is sent until every line fits/).waitFor()
    await tab
      .getByText(/\b251\b/)
      .first()
      .waitFor()
    const allow = tab.getByRole('button', { name: 'Allow 500 partners' })
    assert.equal(await allow.getAttribute('aria-disabled'), 'true')

    // All fit, but one is a partner that does not exist and has no name: the server takes all or none.
    await load(ids.map((id, index) => (index === 250 ? id : `${id},Partner ${index}`)))
    await allow.and(tab.locator(':not([aria-disabled])')).click()
    const dialog = tab.getByRole('dialog')
    await dialog.getByRole('button', { name: 'Allow 500 partners' }).click()
    await dialog.getByRole('alert').waitFor()
    assert.equal(await total(), before)
    assert.deepEqual(takeFaults(), [])
  })

  test('abuse 162: no file that a page saves has a secret, a digest or a private key', async () => {
    const { secret } = await aClient(shared().admin, 'of-secret')
    await shared().admin.call('signingKeys.stage', { params, body: {} })
    const { tab, takeFaults } = await shared().openTab()
    for (const [path, button] of [
      [`/${fullRealm}/clients`, 'Save as CSV'],
      [`/${fullRealm}/organizations`, 'Save as CSV'],
      [`/${fullRealm}/refusals`, 'Save as CSV'],
      ['/audit?tab=all&since=all', 'Save as CSV'],
      ['/audit?tab=all&since=all', 'Save as JSON lines'],
    ] as const) {
      await openPage(tab, address(path))
      const [download] = await Promise.all([tab.waitForEvent('download'), tab.getByRole('button', { name: button }).click()])
      const text = readFileSync(await download.path(), 'utf8')
      assert.ok(text.length > 100, path)
      for (const [what, pattern] of [
        ['the secret', new RegExp(secret.slice(4, -4))],
        ['a secret', /csk_[A-Za-z0-9_-]{20}/],
        ['a private key', /PRIVATE KEY|"d":"/],
        ['a digest of a secret', /"(?:hash|hmac|wrapped\w*)":/],
        ['a token', /eyJ[A-Za-z0-9_-]{20}/],
        ['a link', /[#/](?:once=)?[A-Za-z0-9_-]{43}\b/],
      ] as const)
        assert.doesNotMatch(text, pattern, `${path} has ${what}`)
    }
    assert.deepEqual(takeFaults(), [])
  })

  // Last: it blocks its client at this address.
  test('abuse 159: guesses at the sign-in are answered alike, then blocked with the time to wait; others still sign in', async () => {
    const { admin } = shared()
    const body = { organization: 'operators', clientId: 'guessed-at', name: 'Guessed at', scopes: ['organizations:read'] }
    const { clientSecret } = await admin.call('clients.create', { params: { realm: 'operators' }, body })
    const { tab, takeFaults } = await shared().openTab({ operator: null, isExpected: (text) => /4(?:01|29)/.test(text) })
    await tab.goto(address('/sign-in'))
    const attempt = async (clientId: string, secret: string): Promise<string> => {
      await tab.getByLabel('Client id').fill(clientId)
      await tab.getByLabel('Client secret').fill(secret)
      const answered = tab.waitForResponse((response) => response.request().method() === 'POST')
      await tab.getByRole('button', { name: 'Sign in' }).click()
      await answered
      await tab.getByRole('button', { name: 'Sign in' }).and(tab.locator(':enabled')).waitFor()
      const alert = tab.getByRole('alert')
      await tab.locator(':focus').getByRole('alert').waitFor() // In the window, and read out.
      // The seconds to wait go by between two attempts.
      return (await alert.innerText()).split('Request id')[0]!.replace(/\d+ seconds/, 'some seconds')
    }
    const ofKnown = await attempt('guessed-at', 'csk_guess')
    assert.equal(await attempt('no-such-operator', 'csk_guess'), ofKnown)
    let answer = ofKnown
    for (let count = 0; count < 14 && answer === ofKnown; count++) answer = await attempt('guessed-at', 'csk_guess')
    assert.match(answer, /wait/i)
    assert.equal(await attempt('guessed-at', clientSecret!), answer, 'the right secret is refused, too')
    assert.deepEqual(takeFaults(), [])
    await shared().openTab() // The owner signs in.
  })
})
