// A server with the data of the demo and a browser, for all tests of a file, and tabs in which an operator has signed in.
import { after, before } from 'node:test'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { launchBrowser, openContext, watchPage, type Look, type Watched } from './browser.ts'
import { servePages, signIn, type Operator, type ServedPages } from './served-pages.ts'

/** For anything on a page: a machine that runs all tests at once is slow. */
const longestWaitMs = 15_000

export interface TabOptions extends Partial<Look> {
  /** The operator, or at the portal the client, that signs in; null for none. */
  readonly operator?: Operator | null
  /** Where it signs in. */
  readonly mount?: '/console' | '/portal'
  /** Another address of the server. */
  readonly origin?: string
  /** Whether an error in the console belongs to what the test does. */
  readonly isExpected?: (text: string) => boolean
}

export interface OpenedTab extends Watched {
  readonly context: BrowserContext
}

export interface OpenedPages extends ServedPages {
  readonly browser: Browser
  /** A tab with cookies of its own. */
  openTab(options?: TabOptions): Promise<OpenedTab>
}

export async function openPages(): Promise<OpenedPages> {
  const served = await servePages()
  const browser = await launchBrowser()
  return {
    ...served,
    browser,
    async openTab(options = {}) {
      const { operator = served.owner, mount = '/console', origin = served.origin, isExpected, theme = 'light', width = 1280 } = options
      const context = await openContext(browser, { theme, width })
      context.setDefaultTimeout(longestWaitMs)
      const watched = await watchPage(context, origin, isExpected)
      if (operator !== null) await signIn(watched.tab, origin, operator, mount)
      watched.takeFaults()
      return { ...watched, context }
    },
    async close() {
      await browser.close()
      await served.close()
    },
  }
}

/** For all tests of a suite, in which it is to be called; the returned function gives the pages in a test. */
export function shareOpenedPages(): () => OpenedPages {
  let pages: OpenedPages | undefined
  before(async () => void (pages = await openPages()))
  after(() => pages?.close())
  return () => pages!
}

/** The address of a page of the console. */
export function consoleAddress({ origin }: Pick<OpenedPages, 'origin'>, path: string): string {
  return `${origin}/console${path}`
}

/** Until the page that was asked for is there, and reads nothing any more. */
export async function openPage(tab: Page, url: string): Promise<void> {
  await tab.goto(url)
  await waitForPage(tab)
}

export async function waitForPage(tab: Page): Promise<void> {
  await tab.locator('h1').first().waitFor()
  await tab.locator('.skeleton').first().waitFor({ state: 'detached' })
}

/** Until it holds, because another process has to learn of it first. @throws Error after these seconds */
export async function until<Found>(what: string, find: () => Promise<Found | undefined>, seconds = 10): Promise<Found> {
  const deadline = Date.now() + seconds * 1000
  while (Date.now() < deadline) {
    const found = await find()
    if (found !== undefined) return found
  }
  throw new Error(`Not within ${seconds} seconds: ${what}`)
}
