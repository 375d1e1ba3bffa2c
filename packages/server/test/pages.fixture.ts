// Visits pages in a real browser, in both themes, on a phone and at a desk, and collects what is wrong with them.
import { existsSync } from 'node:fs'
import { after } from 'node:test'
import axe from 'axe-core'
import { chromium, type Browser, type CDPSession, type Page } from 'playwright-core'

const path = process.env['CHROMIUM'] ?? '/usr/bin/chromium'

/** The option of a test that needs the browser. */
export const skipWithoutBrowser = existsSync(path) ? false : `there is no browser at "${path}"; CHROMIUM can name another`

/** Closed after the tests of the file. */
export async function launchBrowser(): Promise<Browser> {
  const browser = await chromium.launch({ executablePath: path, args: ['--no-sandbox'] })
  after(() => browser.close())
  return browser
}

/** A page of its own, and where its complaints are noted: errors in the console, refusals by its policy, requests to other hosts. */
export async function openTab(browser: Browser, { colorScheme, width }: Look, complaints: string[]): Promise<Page> {
  const context = await browser.newContext({ viewport: { width, height: 800 }, colorScheme })
  const tab = await context.newPage()
  const note = (what: string) => void complaints.push(`${new URL(tab.url()).pathname} ${colorScheme} ${width}: ${what}`)
  tab.on('pageerror', ({ message }) => note(message))
  tab.on('console', (message) => {
    // The status of the page itself is an error in the console, too; a browser asks for an icon by itself.
    const isOfStatus = message.text().startsWith('Failed to load resource')
    if (message.type() === 'error' && !isOfStatus) note(message.text())
  })
  tab.on('request', (request) => {
    if (new URL(request.url()).host !== new URL(request.frame().url()).host && !request.isNavigationRequest()) note(request.url())
  })
  return tab
}

/** WCAG 2.2 A and AA, and sideways scroll. In a world of its own: the policy of the page forbids to evaluate text in that of the page. */
export async function findFaults(tab: Page): Promise<string[]> {
  const session = await tab.context().newCDPSession(tab)
  const { frameTree } = await session.send('Page.getFrameTree')
  const { executionContextId: world } = await session.send('Page.createIsolatedWorld', { frameId: frameTree.frame.id })
  await evaluate(session, world, axe.source)
  const violations = (await evaluate(session, world, findViolations)) as string[]
  await session.detach()
  return [...violations, ...(await findOverflow(tab))]
}

const rules = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
const findViolations = `
axe.run(document, ${JSON.stringify({ runOnly: rules, resultTypes: ['violations'] })}).then(({ violations }) =>
  violations.map(({ id, nodes }) => id + ': ' + nodes.map(({ html, failureSummary }) => html.slice(0, 200) + ' ' + failureSummary).join('; ')))`

/** Whether the page can be scrolled sideways. */
export async function findOverflow(tab: Page): Promise<string[]> {
  const [width = 0, available = 0] = await tab.locator('html').evaluate(({ scrollWidth, clientWidth }) => [scrollWidth, clientWidth])
  return width > available ? [`is ${width} pixels wide in a window of ${available}`] : []
}

async function evaluate(session: CDPSession, contextId: number, expression: string): Promise<unknown> {
  const { result, exceptionDetails } = await session.send('Runtime.evaluate', {
    expression,
    contextId,
    awaitPromise: true,
    returnByValue: true,
  })
  if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text)
  return result.value
}

interface Look {
  readonly colorScheme: 'light' | 'dark'
  readonly width: number
}

const everyLook: readonly Look[] = (['light', 'dark'] as const).flatMap((colorScheme) =>
  [360, 1280].map((width) => ({ colorScheme, width })),
)

/** Visits each address in each look. PICTURES names a folder that gets a picture of each. */
export async function findFaultsOfPages(browser: Browser, addresses: readonly string[], looks = everyLook): Promise<string[]> {
  const complaints: string[] = []
  const folder = process.env['PICTURES']
  for (const look of looks) {
    const tab = await openTab(browser, look, complaints)
    for (const address of addresses) {
      await tab.goto(address)
      const faults = await findFaults(tab)
      complaints.push(...faults.map((fault) => `${address} ${look.colorScheme} ${look.width}: ${fault}`))
      const name = `${new URL(address).port}${new URL(address).pathname}`.replaceAll('/', '_')
      if (folder !== undefined) await tab.screenshot({ path: `${folder}/${name}-${look.colorScheme}-${look.width}.png`, fullPage: true })
    }
    await tab.context().close()
  }
  return complaints
}
