// Debian's Chromium for the tests of pages, and what must never happen while a page is open.
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'
import { chromium, type Browser, type BrowserContext, type BrowserContextOptions, type Page } from 'playwright-core'
import { skipWithout } from '@countersign/server/installed-program.fixture'

export const browserPath = process.env['CHROMIUM'] ?? '/usr/bin/chromium'

/** For the option `skip` of a test: false, or the reason. */
export const skipWithoutBrowser = skipWithout({
  name: `Chromium ("${browserPath}"; CHROMIUM can name another)`,
  debianPackage: 'chromium',
  isThere: () => existsSync(browserPath),
})

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: browserPath, args: ['--no-sandbox'] })
}

export const themes = ['light', 'dark'] as const
export type Theme = (typeof themes)[number]
/** Pixels. */
export const widths = [360, 1280] as const
export type Width = (typeof widths)[number]

export interface Look {
  readonly theme: Theme
  readonly width: Width
}

/** @param settings what a person has set besides, such as colours of its own */
export function openContext(browser: Browser, { theme, width }: Look, settings: BrowserContextOptions = {}): Promise<BrowserContext> {
  return browser.newContext({
    colorScheme: theme,
    viewport: { width, height: width < 860 ? 780 : 900 },
    reducedMotion: 'reduce',
    permissions: ['clipboard-read', 'clipboard-write'],
    ...settings,
  })
}

export interface Watched {
  readonly tab: Page
  /** What went wrong since the last call: errors in the console, reports of the policy, requests to other hosts. */
  takeFaults(): string[]
}

/** @param isExpected whether an error in the console belongs to what the test does, such as an answer that it made fail */
export async function watchPage(
  context: BrowserContext,
  origin: string,
  isExpected: (text: string) => boolean = () => false,
): Promise<Watched> {
  const tab = await context.newPage()
  let faults: string[] = []
  const note = (fault: string) => void faults.push(fault)
  tab.on('pageerror', (error) => note(`error: ${error.message}`))
  tab.on('console', (message) => {
    if (message.type() === 'error' && !isExpected(message.text())) note(`console: ${message.text()}`)
  })
  tab.on('request', (request) => {
    const url = request.url()
    if (!url.startsWith(origin) && !url.startsWith('data:') && !url.startsWith('blob:')) note(`request to another host: ${url}`)
    if (url.endsWith('/csp-report')) note(`report of the policy: ${request.postData() ?? ''}`)
  })
  return {
    tab,
    takeFaults() {
      const taken = faults
      faults = []
      return taken
    },
  }
}

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

interface Violation {
  readonly id: string
  readonly help: string
  readonly nodes: readonly { readonly target: readonly string[] }[]
}

/** WCAG 2.2, A and AA. A sentence for each violation. */
export async function findBarriers(tab: Page): Promise<string[]> {
  await tab.evaluate(axeSource)
  const violations = (await tab.evaluate(
    `axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }).then(({ violations }) => violations)`,
  )) as Violation[]
  return violations.map(
    ({ id, help, nodes }) =>
      `${id}: ${help} (${nodes
        .map(({ target }) => target.join(' '))
        .slice(0, 3)
        .join(', ')})`,
  )
}
