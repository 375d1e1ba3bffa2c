// The loop: every page, in every state, in the given themes and widths.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { addressesOf, addressesOfPortal, type PageAddress } from './addresses.ts'
import { openContext, watchPage, type Look } from './browser.ts'
import { checkPage, states, type State } from './check-page.ts'
import { findPortalReaders } from './portal-readers.ts'
import { signIn, type Operator, type ServedPages } from './served-pages.ts'

export interface LoopOptions {
  readonly looks: readonly Look[]
  /** Only pages whose path has this text. */
  readonly only?: string
  /** Where a picture of each page is kept; none without. */
  readonly pictures?: string
  readonly onPage?: (name: string, faults: readonly string[]) => void
}

/** The faults by the name of the visit, such as `/:realm/partners, empty, dark, 360 px`. */
export async function loopPages(browser: Browser, served: ServedPages, options: LoopOptions): Promise<Map<string, readonly string[]>> {
  const { looks, only = '', pictures, onPage = () => {} } = options
  const rounds = await roundsOf(served)
  const found = new Map<string, readonly string[]>()
  if (pictures !== undefined) mkdirSync(pictures, { recursive: true })
  for (const look of looks)
    for (const { mount, state, reader, pages } of rounds) {
      const asked = pages.filter(({ route }) => route.includes(only))
      if (asked.length === 0) continue
      const context = await openContext(browser, look)
      const watched = await watchPage(context, served.origin, (text) => state === 'error' && /500/.test(text))
      await signIn(watched.tab, served.origin, reader, mount)
      watched.takeFaults() // The form itself is a page of its own.
      for (const { route, full, empty } of asked) {
        const path = state === 'empty' ? empty : full
        if (path === undefined) continue
        const name = `${route}, ${state}, ${look.theme}, ${look.width} px`
        const faults = await checkPage(watched, { url: served.origin + path, state, ...look })
        if (pictures !== undefined) await watched.tab.screenshot({ path: join(pictures, fileName(route, state, look)), fullPage: true })
        found.set(name, faults)
        onPage(name, faults)
      }
      await context.close()
    }
  return found
}

interface Round {
  readonly mount: '/console' | '/portal'
  readonly state: State
  /** Who is signed in. */
  readonly reader: Operator
  readonly pages: readonly PageAddress[]
}

/** Integrators have no scopes: the portal has three states. */
async function roundsOf(served: ServedPages): Promise<Round[]> {
  const readers = await findPortalReaders(served)
  const [ofConsole, ofPortal] = [await addressesOf(served.admin, readers.refusedRequest), addressesOfPortal(readers)]
  return states.flatMap((state): Round[] => {
    const atConsole: Round = { mount: '/console', state, reader: state === 'no-scope' ? served.onlooker : served.owner, pages: ofConsole }
    if (state === 'no-scope') return [atConsole]
    return [atConsole, { mount: '/portal', state, reader: state === 'empty' ? readers.newcomer : readers.integrator, pages: ofPortal }]
  })
}

function fileName(route: string, state: State, { theme, width }: Look): string {
  return `${route.replaceAll('/', '_').replaceAll(':', '')}-${state}-${theme}-${width}.png`
}
