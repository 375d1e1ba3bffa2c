// Visits pages that show hostile texts, and says where one of them is more than text.
import { markName } from './hostile-texts.ts'
import { openPage, waitForPage } from './opened-pages.ts'
import type { Watched } from './browser.ts'

/** Of a list. */
const maxPages = 4

/** A sentence for each fault. @param addresses of pages @param width of the tab */
export async function visitHostile({ tab, takeFaults }: Watched, addresses: readonly string[], width: number): Promise<string[]> {
  const faults: string[] = []
  const dialogs: string[] = []
  tab.on('dialog', (dialog) => {
    dialogs.push(dialog.message())
    return dialog.dismiss()
  })
  const check = async (where: string) => {
    const facts: { readonly ran: boolean; readonly wide: number } = await tab.evaluate(
      `({ ran: '${markName}' in globalThis, wide: document.documentElement.scrollWidth })`,
    )
    if (facts.ran) faults.push(`${where}: a script ran`)
    if (facts.wide > width) faults.push(`${where}: scrolls sideways, ${facts.wide} px`)
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
      await tab.evaluate('new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))')
      await waitForPage(tab)
      await check(`${address}, page ${page}`)
    }
  }
  return faults
}
