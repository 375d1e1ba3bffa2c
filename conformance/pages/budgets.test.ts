// What pages cost a browser: bytes over the wire, requests to other hosts, what the policy forbids, and what moves once it is shown. A new page
// is measured by being in the list of pages.
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { addressesOf, addressesOfPortal, addressesWithoutSession } from './addresses.ts'
import { skipWithoutBrowser } from './browser.ts'
import { openPage, openPages, type OpenedPages } from './opened-pages.ts'
import { invite } from './people.ts'
import { findPortalPeople, findPortalReaders } from './portal-readers.ts'
import { observeShifts, readShifts, watchFiles } from './wire-files.ts'

const maxBytes = { first: 60_000, further: 12_000, portal: 50_000 }
/** Nothing moves, but what is beside "9 s ago" while that becomes "10 s ago". */
const maxShift = 0.001
/** The first that an operator sees: the overview of a realm. */
const firstPage = '/:realm'

describe('budgets of the pages', { skip: skipWithoutBrowser }, () => {
  let pages: OpenedPages
  before(async () => void (pages = await openPages()))
  after(() => pages.close())

  test('each page of the console stays within its bytes, asks no other host, breaks no policy and does not move', async (t) => {
    const { tab, takeFaults } = await pages.openTab({ isExpected: (text) => text.includes('404') })
    await tab.goto('about:blank')
    await observeShifts(tab)
    const files = await watchFiles(tab, '/console')
    const addresses = await addressesOf(pages.admin)
    const filesOf = new Map<string, ReadonlySet<string>>()
    const found: [string, string][] = []
    for (const { route, full } of addresses.toSorted((a, b) => Number(b.route === firstPage) - Number(a.route === firstPage))) {
      await openPage(tab, pages.origin + full)
      await tab.evaluate(settle)
      filesOf.set(route, files.take())
      const shifts = await readShifts(tab)
      if (shifts.reduce((sum, { value }) => sum + value, 0) > maxShift)
        found.push([route, `moves: ${shifts.map(({ value, moved }) => `${value.toFixed(3)} (${moved})`).join(', ')}`])
      found.push(...takeFaults().map((fault): [string, string] => [route, fault]))
    }
    const first = filesOf.get(firstPage)!
    assert.ok(files.bytesOf(first) > 20_000, 'files were counted')
    for (const [route, own] of filesOf) {
      const [bytes, max] = own === first ? [files.bytesOf(own), maxBytes.first] : [files.bytesOf(own.difference(first)), maxBytes.further]
      t.diagnostic(`${route}: ${bytes}`)
      if (!(bytes <= max)) found.push([route, `${bytes} bytes, of at most ${max}`])
    }
    assert.deepEqual(found, [])
  })

  test('each page of the portal stays within its bytes, for people, and does not move', async (t) => {
    const readers = await findPortalReaders(pages)
    const { admin } = await findPortalPeople(pages.browser, pages)
    const link = await invite(pages.admin, 'acme', 'viewer')
    const { tab, context, takeFaults } = await pages.openTab({ operator: null })
    await context.addCookies([...admin])
    await observeShifts(tab)
    const files = await watchFiles(tab, '/portal')
    const addresses = [...addressesOfPortal(readers), ...addressesWithoutSession(link)]
    const found: [string, string][] = []
    let first: ReadonlySet<string> | undefined
    for (const { route, full } of addresses.filter((one) => !one.route.endsWith('ended'))) {
      await openPage(tab, pages.origin + full)
      await tab.evaluate(settle)
      const own = files.take()
      const shifts = await readShifts(tab)
      if (shifts.reduce((sum, { value }) => sum + value, 0) > maxShift)
        found.push([route, `moves: ${shifts.map(({ value, moved }) => `${value.toFixed(3)} (${moved})`).join(', ')}`])
      const [bytes, max] = first ? [files.bytesOf(own.difference(first)), maxBytes.further] : [files.bytesOf(own), maxBytes.portal]
      first ??= own
      t.diagnostic(`${route}: ${bytes} bytes`)
      if (!(bytes <= max)) found.push([route, `${bytes} bytes, of at most ${max}`])
      found.push(...takeFaults().map((fault): [string, string] => [route, fault]))
    }
    assert.ok(files.bytesOf(first!) > 20_000, 'files were counted')
    assert.deepEqual(found, [])
  })
})

/** Two frames: what was drawn last has moved by then, if it does. */
const settle = `new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(undefined))))`
