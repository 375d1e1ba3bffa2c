// A signing key is replaced from the page while a backend asks for tokens and uses them.
import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import { after, before, describe, test, type TestContext } from 'node:test'
import { createRemoteJWKSet, jwtVerify } from 'jose'
import { skipWithoutBrowser } from './browser.ts'
import { openPage, openPages, until, type OpenedPages } from './opened-pages.ts'
import { emptyRealm } from './served-pages.ts'

const params = { realm: emptyRealm }

/** A backend, an API of this server that checks its tokens, and a verifier of others that keeps the key set for half a second. */
async function callSteadily({ origin, admin }: OpenedPages, t: TestContext) {
  const issuer = `${origin}/realms/${emptyRealm}`
  await admin.call('organizations.create', { params, body: { slug: 'orders', name: 'Orders' } })
  const body = { organization: 'orders', clientId: 'order-backend', name: 'Order backend', scopes: ['profile'] }
  const { clientSecret } = await admin.call('clients.create', { params, body })
  const form = { grant_type: 'client_credentials', client_id: 'order-backend', client_secret: clientSecret! }
  const keySet = createRemoteJWKSet(new URL(`${issuer}/.well-known/jwks.json`), { cacheMaxAge: 500, cooldownDuration: 100 })
  const failures: string[] = []
  const kids = new Map<string, number>()
  const tokens: string[] = []

  async function use(token: string): Promise<void> {
    const me = await fetch(`${issuer}/v1/me`, { headers: { authorization: `Bearer ${token}` } })
    await me.body?.cancel()
    if (me.status !== 200) failures.push(`me: ${me.status}`)
    const { protectedHeader } = await jwtVerify(token, keySet)
    kids.set(protectedHeader.kid!, (kids.get(protectedHeader.kid!) ?? 0) + 1)
  }

  async function call(): Promise<void> {
    const response = await fetch(`${issuer}/oauth2/token`, { method: 'POST', body: new URLSearchParams(form) })
    if (response.status !== 200) return void failures.push(`token: ${response.status} ${await response.text()}`)
    const { access_token: token } = (await response.json()) as { access_token: string }
    tokens.push(token)
    await use(token)
  }

  const stopping = new AbortController()
  const running = (async () => {
    while (!stopping.signal.aborted) {
      await call().catch((error: Error) => failures.push(error.message))
      await pause(20)
    }
  })()
  const stop = async () => {
    stopping.abort()
    await running
  }
  t.after(stop)
  return {
    failures,
    kids,
    tokens,
    use,
    stop,
  }
}

describe('signing keys', { skip: skipWithoutBrowser }, () => {
  let pages: OpenedPages
  before(async () => void (pages = await openPages()))
  after(() => pages.close())

  const list = async () => (await pages.admin.call('signingKeys.list', { params })).items

  test('a key is replaced from the page, and no call fails meanwhile', async (t) => {
    const calls = await callSteadily(pages, t)
    const reserve = await until('a key is in reserve and may sign', async () => {
      const found = (await list()).find((key) => key.reserve)
      return found && Date.parse(found.maySignFrom!) <= Date.now() ? found : undefined
    })
    const before = (await list()).find(({ state }) => state === 'active')!
    const { tab, takeFaults } = await pages.openTab()
    await openPage(tab, `${pages.origin}/console/${emptyRealm}/keys`)
    await tab
      .getByRole('img', { name: /^Life of the key .*: published .*\(now\), then signs/ })
      .first()
      .waitFor()
    await tab.getByRole('button', { name: 'Sign with it', exact: true }).first().click()
    const dialog = tab.getByRole('dialog')
    await dialog.getByText(/stays published until its last token has ended/).waitFor()
    await dialog.getByLabel(/^Reason/).fill('Yearly rotation')
    await dialog.getByRole('button', { name: 'Sign with it' }).click()
    await dialog.waitFor({ state: 'detached' })
    await tab.getByText('only verifies').first().waitFor()

    await until('ten tokens of the new key', async () => {
      await pause(50)
      return (calls.kids.get(reserve.keyId) ?? 0) >= 10 ? true : undefined
    })
    await calls.stop()
    for (const token of calls.tokens.slice(0, 3)) await calls.use(token) // Signed by the key before.
    assert.deepEqual(calls.failures, [])
    assert.deepEqual([...calls.kids.keys()], [before.keyId, reserve.keyId])
    const after = await list()
    const stateOf = (keyId: string) => after.find((key) => key.keyId === keyId)?.state
    assert.deepEqual([stateOf(before.keyId), stateOf(reserve.keyId)], ['retiring', 'active'])
    const { items } = await pages.admin.call('audit.search', { params: {}, query: { kind: 'signingKeys.activate', limit: 1 } })
    assert.deepEqual([items[0]?.detail['reason'], items[0]?.actor?.via], ['Yearly rotation', 'console'])
    assert.deepEqual(takeFaults(), [])
  })

  test('the next key is prepared and discarded from the page, which says that no call is refused', async () => {
    const known = new Set((await list()).map(({ keyId }) => keyId))
    const { tab, takeFaults } = await pages.openTab()
    await openPage(tab, `${pages.origin}/console/${emptyRealm}/keys`)
    await tab.getByRole('button', { name: 'Prepare the next key' }).click()
    const dialog = tab.getByRole('dialog')
    await dialog.getByRole('button', { name: 'Prepare the next key' }).click()
    await dialog.waitFor({ state: 'detached' })
    const made = await until('a further key is published', async () => (await list()).find(({ keyId }) => !known.has(keyId)))
    assert.equal(made.state, 'staged')
    const card = tab.locator('section', { has: tab.locator(`code[title="${made.keyId}"]`) })
    await card.getByRole('button', { name: 'Discard it' }).click()
    await dialog.getByText(/It never signed a token, so no call is refused/).waitFor()
    await dialog.getByLabel(/^Reason/).fill('Not needed')
    await dialog.getByRole('button', { name: 'Discard it' }).click()
    await dialog.waitFor({ state: 'detached' })
    assert.ok(!(await list()).some(({ keyId }) => keyId === made.keyId))
    assert.deepEqual(takeFaults(), [])
  })
})
