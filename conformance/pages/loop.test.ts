// One theme in each width; `npm run pages` has all four.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { launchBrowser, skipWithoutBrowser } from './browser.ts'
import { loopPages } from './loop.ts'
import { servePages } from './served-pages.ts'

for (const look of [
  { theme: 'light', width: 1280 },
  { theme: 'dark', width: 360 },
] as const) {
  test(`every page is sound in ${look.theme} at ${look.width} px, in every state`, { skip: skipWithoutBrowser }, async () => {
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
