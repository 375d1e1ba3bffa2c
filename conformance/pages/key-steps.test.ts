// Signing keys that are imported, taken out, and marked as compromised from the page, and the key that encrypts them. Each test ends with the
// question to the server whether it is so.
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { describe, test } from 'node:test'
import { decodeProtectedHeader } from 'jose'
import type { Page } from 'playwright-core'
import { skipWithoutBrowser } from './browser.ts'
import { consoleAddress, openPage, shareOpenedPages, until } from './opened-pages.ts'
import { emptyRealm } from './served-pages.ts'

const params = { realm: emptyRealm }
const importedId = 'key-of-the-server-before'

describe('steps of signing keys', { skip: skipWithoutBrowser }, () => {
  const shared = shareOpenedPages()
  const address = (path: string) => consoleAddress(shared(), path)
  const list = async (ended?: 'true') =>
    (await shared().admin.call('signingKeys.list', { params, query: { ...(ended && { ended }) } })).items
  const stateOf = async (keyId: string) => (await list('true')).find((key) => key.keyId === keyId)?.state
  /** By its id, which is cut in the middle if it is long. */
  const cardOf = (tab: Page, keyId: string) =>
    tab.locator('section.card', { has: tab.locator(`code[title="${keyId}"]`).or(tab.getByText(keyId, { exact: true })) })

  async function open(path = `/${emptyRealm}/keys`, isExpected?: (text: string) => boolean) {
    const opened = await shared().openTab(isExpected && { isExpected })
    await openPage(opened.tab, address(path))
    return { ...opened, dialog: opened.tab.getByRole('dialog') }
  }

  let clientSecret: string | undefined
  /** A token of the realm, whose first one makes its first keys. */
  async function askForToken(): Promise<string> {
    const { admin, origin } = shared()
    if (clientSecret === undefined) {
      await admin.call('organizations.create', { params, body: { slug: 'orders', name: 'Orders' } })
      const body = { organization: 'orders', clientId: 'order-backend', name: 'Order backend', scopes: ['profile'] }
      clientSecret = (await admin.call('clients.create', { params, body })).clientSecret!
    }
    const form = { grant_type: 'client_credentials', client_id: 'order-backend', client_secret: clientSecret }
    const response = await fetch(`${origin}/realms/${emptyRealm}/oauth2/token`, { method: 'POST', body: new URLSearchParams(form) })
    assert.equal(response.status, 200)
    return ((await response.json()) as { access_token: string }).access_token
  }
  const keyOf = (token: string) => decodeProtectedHeader(token).kid
  async function isAccepted(token: string): Promise<boolean> {
    const me = await fetch(`${shared().origin}/realms/${emptyRealm}/v1/me`, { headers: { authorization: `Bearer ${token}` } })
    await me.body?.cancel()
    return me.status === 200
  }

  test('abuse 149: a key of another server is imported and signs, and what was pasted is nowhere afterwards', async () => {
    const before = keyOf(await askForToken())
    const { algorithm } = (await list())[0]!
    const { privateKey } = algorithm.startsWith('ES')
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('rsa', { modulusLength: 2048 })
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    const { tab, dialog, takeFaults } = await open()
    await tab.getByRole('button', { name: 'Import a key' }).click()
    await dialog.getByLabel(/^Private key/).fill(pem)
    await dialog.getByLabel(/^Key id/).fill(importedId)
    await dialog.getByLabel(/^All verifiers know this key already/).check()
    await dialog.getByText(/The key is published, and signs nothing until you say so/).waitFor()
    const line = pem.split('\n')[1]!
    assert.ok(!(await dialog.innerText()).includes(line), 'the command names a file, not the key')
    await dialog.getByRole('button', { name: 'Import a key' }).click()
    await dialog.waitFor({ state: 'detached' })
    const imported = (await list()).find(({ keyId }) => keyId === importedId)
    assert.deepEqual([imported?.state, imported?.origin], ['staged', 'imported'])
    assert.equal(keyOf(await askForToken()), before)

    const card = cardOf(tab, importedId)
    await card.getByText('It was imported.').waitFor()
    await card.getByRole('button', { name: 'Sign with it', exact: true }).click()
    await dialog.getByText(/stays published until its last token has ended/).waitFor()
    await dialog.getByRole('button', { name: 'Sign with it' }).click()
    await dialog.waitFor({ state: 'detached' })
    const token = await askForToken()
    assert.deepEqual([keyOf(token), await isAccepted(token)], [importedId, true])
    const kept = (await tab.evaluate('JSON.stringify([{ ...localStorage }, { ...sessionStorage }, history.state])')) as string
    const { items } = await shared().admin.call('audit.search', { params: {}, query: { kind: 'signingKeys.import', limit: 1 } })
    for (const text of [await tab.content(), kept, JSON.stringify(items)]) assert.ok(!text.includes(line))
    assert.equal(items.length, 1)
    assert.deepEqual(takeFaults(), [])
  })

  test('a key whose tokens are still good is not taken out: the page says when the server does it, and the server refuses it', async () => {
    const retiring = (await list()).find(({ state }) => state === 'retiring')!
    const { tab, dialog, takeFaults } = await open(undefined, (text) => text.includes('409'))
    const button = cardOf(tab, retiring.keyId).getByRole('button', { name: 'Take it out' })
    assert.equal(await button.getAttribute('aria-disabled'), 'true')
    await cardOf(tab, retiring.keyId)
      .getByText(/Its last token ends .* The server takes it out by itself then/)
      .waitFor({ state: 'attached' })

    // As in a browser whose clock is hours ahead.
    await tab.route(`**/realms/${emptyRealm}/signing-keys**`, async (route) => {
      if (route.request().method() !== 'GET') return route.fallback()
      const response = await route.fetch()
      return route.fulfill({ response, body: (await response.text()).replaceAll(retiring.keptUntil!, '2020-01-01T00:00:00.000Z') })
    })
    await openPage(tab, address(`/${emptyRealm}/keys`))
    await button.click()
    await dialog.getByRole('heading', { name: 'Take the key out of the key set?' }).waitFor()
    await dialog.getByText(/All its tokens have ended/).waitFor()
    await dialog.getByRole('button', { name: 'Take it out' }).click()
    await dialog.getByRole('alert').waitFor()
    assert.equal(await stateOf(retiring.keyId), 'retiring')
    assert.deepEqual(takeFaults(), [])
  })

  test('a compromised key is confirmed with what stops, and from then on its tokens are refused and another key signs', async () => {
    const token = await askForToken()
    const keyId = keyOf(token)!
    assert.equal(await isAccepted(token), true)
    await until('a key is in reserve and may sign', async () => {
      const found = (await list()).find((key) => key.reserve)
      return found && Date.parse(found.maySignInEmergencyFrom!) <= Date.now() ? found : undefined
    })
    const { tab, dialog, takeFaults } = await open()
    const card = cardOf(tab, keyId)
    await card.getByRole('button', { name: 'It is compromised' }).click()
    await dialog.getByRole('heading', { name: 'Refuse all tokens of this key?' }).waitFor()
    await dialog.getByText(/signs from the next request on/).waitFor()
    await dialog.getByText('This cannot be undone.').waitFor()
    assert.equal(await stateOf(keyId), 'active', 'only asked so far')
    await dialog.getByLabel(/^Reason/).fill('Found in a backup')
    await dialog.getByRole('button', { name: 'It is compromised' }).click()
    await dialog.waitFor({ state: 'detached' })
    await card.waitFor({ state: 'detached' })

    assert.equal(await stateOf(keyId), 'compromised')
    assert.equal(await isAccepted(token), false)
    const next = await askForToken()
    assert.notEqual(keyOf(next), keyId)
    assert.equal(await isAccepted(next), true)
    await tab.getByLabel('Show').selectOption('also keys that have ended')
    await cardOf(tab, keyId).getByText('compromised').first().waitFor()
    assert.deepEqual(takeFaults(), [])
  })

  test('all private keys are encrypted anew, then the old version ends, and tokens are signed as before', async () => {
    const versions = async () => {
      const { versions: all } = await shared().admin.call('keyEncryptionKey.get', { params: {} })
      return all.map(({ version, state, keys }) => ({ version, state, hasKeys: keys > 0 }))
    }
    await shared().addKeyEncryptionKey()
    const isInUse = async () => ((await versions()).some(({ version, state }) => version === 2 && state === 'current') ? true : undefined)
    await until('the new version is in use', isInUse, 30)
    const { tab, dialog, takeFaults } = await open()
    const old = tab.getByRole('row').filter({ hasText: 'Version 1' })
    const end = old.getByRole('button', { name: 'End this version' })
    assert.equal(await end.getAttribute('aria-disabled'), 'true')
    await tab.getByRole('button', { name: 'Re-encrypt all keys' }).click()
    await dialog.getByText(/encrypted under version 2 instead of an older one/).waitFor()
    await dialog.getByRole('button', { name: 'Re-encrypt all keys' }).click()
    await dialog.waitFor({ state: 'detached' })
    const [first, second] = await versions()
    assert.deepEqual(
      [first, second],
      [
        { version: 1, state: 'old', hasKeys: false },
        { version: 2, state: 'current', hasKeys: true },
      ],
    )

    await end.and(tab.locator(':not([aria-disabled])')).click()
    await dialog.getByText(/No server needs it any more; backups from before do/).waitFor()
    await dialog.getByRole('button', { name: 'End this version' }).click()
    await dialog.waitFor({ state: 'detached' })
    assert.notEqual((await versions()).find(({ version }) => version === 1)?.state, 'old')
    assert.equal(await isAccepted(await askForToken()), true)
    assert.deepEqual(takeFaults(), [])
  })
})
