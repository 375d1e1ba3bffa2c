// The loop as a test: every page in one theme and width. CI has one theme in each width, a file for each; `npm run pages` has all four.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { launchBrowser, skipWithoutBrowser, type Look } from './browser.ts'
import { loopPages } from './loop.ts'
import { servePages } from './served-pages.ts'

/** Two minutes on two cores without other load, and a busy machine is several times as slow. */
const timeout = 590_000

export function testLook(look: Look): void {
  test(`every page is sound in ${look.theme} at ${look.width} px, in every state`, { skip: skipWithoutBrowser, timeout }, async () => {
    const served = await servePages()
    after(() => served.close())
    const browser = await launchBrowser()
    after(() => browser.close())
    const found = await loopPages(browser, served, { looks: [look] })
    assert.ok(found.size > 0)
    assert.deepEqual(
      [...found].filter(([, faults]) => faults.length > 0),
      [],
    )
  })
}
