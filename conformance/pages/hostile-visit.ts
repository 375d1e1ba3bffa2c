// Visits pages that show hostile texts, and says where one of them is more than text.
import { markName } from './hostile-texts.ts'
import { openPage, waitForPage } from './opened-pages.ts'
import type { Watched } from './browser.ts'

/** Of a list. */
const maxPages = 4

/** In the page. */
const nextDrawing = 'new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))'

/** A sentence for each fault. @param addresses of pages @param inWidths of the tab, in which each page is looked at */
export async function visitHostile(
  { tab, takeFaults }: Watched,
  addresses: readonly string[],
  inWidths: readonly number[],
): Promise<string[]> {
  const faults: string[] = []
  const dialogs: string[] = []
  tab.on('dialog', (dialog) => {
    dialogs.push(dialog.message())
    return dialog.dismiss()
  })
  const check = async (where: string) => {
    for (const width of inWidths) {
      await tab.setViewportSize({ ...tab.viewportSize()!, width })
      const wide: number = await tab.evaluate(`${nextDrawing}.then(() => document.documentElement.scrollWidth)`)
      if (wide > width) faults.push(`${where}: scrolls sideways at ${width} px, ${wide} px`)
    }
    if (await tab.evaluate(`'${markName}' in globalThis`)) faults.push(`${where}: a script ran`)
    faults.push(...[...takeFaults(), ...dialogs.splice(0)].map((fault) => `${where}: ${fault}`))
  }
  for (const address of addresses) {
    await openPage(tab, address)
    await check(address)
    for (let page = 2; page <= maxPages; page++) {
      const next = tab.locator('[data-page="next"]')
      if ((await next.count()) === 0) break
      // Until then the page shows the rows before.
      const answered = tab.waitForResponse((response) => new URL(response.url()).searchParams.has('after'))
      await next.first().click()
      await answered
      await tab.evaluate(nextDrawing)
      await waitForPage(tab)
      await check(`${address}, page ${page}`)
    }
  }
  return faults
}
