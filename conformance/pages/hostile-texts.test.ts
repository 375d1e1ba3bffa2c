// Texts that others chose are text on every page: no script of theirs runs, no dialog opens, the policy has nothing to stop, and no line is so
// long that the page scrolls sideways. Takes 70 s.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { addressesOf, addressesOfPortal } from './addresses.ts'
import { skipWithoutBrowser, widths } from './browser.ts'
import { storeForPortal, type StoredForPortal } from './hostile-portal.ts'
import { storeHostileTexts, type Stored } from './hostile-store.ts'
import { hostileTexts } from './hostile-texts.ts'
import { visitHostile } from './hostile-visit.ts'
import { openPages, until, type OpenedPages } from './opened-pages.ts'
import { fullRealm } from './served-pages.ts'

/** Of each kind: the first texts as they are, with a turned direction, and of 4000 letters. */
const looked = 3

describe('hostile texts', { skip: skipWithoutBrowser }, () => {
  let pages: OpenedPages
  let stored: Stored
  let ofPortal: StoredForPortal
  before(async () => {
    pages = await openPages()
    stored = await storeHostileTexts(pages)
    ofPortal = await storeForPortal(pages, stored.agent)
    const request = stored.requests[0]!
    await until('the report is written', () => pages.admin.call('requests.explain', { params: { request } }).catch(() => undefined))
  })
  after(() => pages.close())

  const spread = (all: readonly string[]) => Array.from({ length: looked }, (_, at) => all[Math.floor((at * all.length) / looked)]!)
  const isExpected = (text: string) => /40[04]/.test(text)

  test('many of them are taken, so that pages have something to show', (t) => {
    assert.equal(hostileTexts.length, 200)
    for (const [what, count] of Object.entries(stored.taken)) t.diagnostic(`${what}: ${count} taken, ${200 - count} refused`)
    for (const [what, count] of Object.entries(stored.taken)) assert.ok(count >= 20, `${what}: ${count}`)
    for (const [what, count] of Object.entries(ofPortal.taken)) t.diagnostic(`${what} at the portal: ${count} taken`)
    for (const [what, count] of Object.entries(ofPortal.taken)) assert.ok(count >= 4, `${what} at the portal: ${count}`)
  })

  test('none of them is more than text on any page of the console', async () => {
    const tab = await pages.openTab({ isExpected })
    const paths = [
      ...(await addressesOf(pages.admin)).map(({ full }) => full.replace('/console', '')),
      ...spread(stored.organizations).map((slug) => `/${fullRealm}/organizations/${slug}`),
      ...spread(stored.clients).flatMap((id) => [`/${fullRealm}/clients/${id}`, `/${fullRealm}/rotation/${id}`]),
      ...spread(stored.partners).map((id) => `/${fullRealm}/partners/${id}`),
      ...spread(stored.requests).map((id) => `/explain/${id}`),
      `/${fullRealm}/clients/hostile-agent`,
      `/${fullRealm}/refusals?${new URLSearchParams({ client: hostileTexts[0]!, organization: hostileTexts[1]! })}`,
      `/${fullRealm}/organizations?${new URLSearchParams({ search: hostileTexts[1]! })}`,
      `/audit?${new URLSearchParams({ tab: 'all', since: 'all' })}`,
    ]
    const addresses = paths.map((path) => `${pages.origin}/console${path}`)
    assert.deepEqual(await visitHostile(tab, addresses, widths), [])
  })

  for (const by of ['an admin', 'a client'] as const)
    test(`none of them is more than text on any page of the portal, for ${by}`, async () => {
      const { agent } = stored
      const isClient = by === 'a client'
      const tab = await pages.openTab({ operator: isClient ? agent : null, mount: '/portal', isExpected })
      if (!isClient) await tab.context.addCookies([...ofPortal.admin])
      const readers = { integrator: agent, newcomer: agent, refusedRequest: stored.requests[0]! }
      const paths = [
        ...addressesOfPortal(readers).map(({ full }) => full),
        ...(isClient ? [] : spread(stored.clients).map((id) => `/portal/clients/${id}`)),
        ...spread(stored.requests).map((id) => `/portal/refusals/${id}`),
        ...spread(stored.versions).map((version) => `/portal/agreement?${new URLSearchParams({ version })}`),
        `/portal/agreement?${new URLSearchParams({ version: hostileTexts[0]! })}`,
        `/portal/try?${new URLSearchParams({ client: hostileTexts[0]! })}`,
      ]
      const addresses = paths.map((path) => pages.origin + path)
      assert.deepEqual(await visitHostile(tab, addresses, widths), [])
    })
})
