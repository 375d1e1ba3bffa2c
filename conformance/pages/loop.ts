// The loop: every page, in every state, in the given themes and widths.
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import { addressesOf, addressesOfPortal, addressesWithoutSession, type PageAddress } from './addresses.ts'
import { openContext, watchPage, type Look } from './browser.ts'
import { checkPage, states, type State } from './check-page.ts'
import { invite } from './people.ts'
import { findPortalPeople, findPortalReaders, type PortalPeople } from './portal-readers.ts'
import { seedPeople } from './seed-people.ts'
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
  const rounds = await roundsOf(browser, served)
  const found = new Map<string, readonly string[]>()
  if (pictures !== undefined) mkdirSync(pictures, { recursive: true })
  for (const look of looks)
    for (const { mount, state, reader, by, pages } of rounds) {
      const asked = pages.filter(({ route, full }) => route.includes(only) || full.startsWith(only))
      if (asked.length === 0) continue
      const context = await openContext(browser, look)
      const watched = await watchPage(context, served.origin, (text) =>
        state === 'error' ? /500/.test(text) : reader === null && /40[14]/.test(text),
      )
      if (reader !== null && 'clientId' in reader) await signIn(watched.tab, served.origin, reader, mount)
      else await context.addCookies([...(reader ?? [])])
      watched.takeFaults() // The form itself is a page of its own.
      for (const { route, full, empty } of asked) {
        const path = state === 'empty' ? empty : full
        if (path === undefined) continue
        const name = `${route}${by ? ` by ${by}` : ''}, ${state}, ${look.theme}, ${look.width} px`
        const faults = await checkPage(watched, { url: served.origin + path, state, ...look })
        if (pictures !== undefined)
          await watched.tab.screenshot({ path: join(pictures, fileName(by ? `${route}_${by}` : route, state, look)), fullPage: true })
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
  /** Who is signed in: a client, or the person of cookies; null for none. */
  readonly reader: Operator | PortalPeople['admin'] | null
  /** Tells rounds of one state apart. */
  readonly by?: string
  readonly pages: readonly PageAddress[]
}

async function roundsOf(browser: Browser, served: ServedPages): Promise<Round[]> {
  const readers = await findPortalReaders(served)
  await seedPeople(served.admin)
  const people = await findPortalPeople(browser, served)
  const [ofConsole, ofPortal] = [await addressesOf(served.admin, readers.refusedRequest), addressesOfPortal(readers)]
  const open = addressesWithoutSession(await invite(served.admin, 'acme', 'developer'))
  const mount = '/portal'
  return [
    ...states.map((state): Round => {
      return { mount: '/console', state, reader: state === 'no-scope' ? served.onlooker : served.owner, pages: ofConsole }
    }),
    { mount, state: 'full', reader: people.admin, by: 'a person', pages: ofPortal },
    { mount, state: 'full', reader: readers.integrator, by: 'a client', pages: ofPortal },
    { mount, state: 'empty', reader: readers.newcomer, pages: ofPortal },
    { mount, state: 'error', reader: people.admin, pages: ofPortal },
    // Of people: what the lowest role may not do.
    { mount, state: 'no-scope', reader: people.viewer, pages: ofPortal },
    { mount, state: 'full', reader: null, pages: open },
    { mount, state: 'empty', reader: null, pages: open },
  ]
}

function fileName(route: string, state: State, { theme, width }: Look): string {
  return `${route.replaceAll('/', '_').replaceAll(' ', '-').replaceAll(':', '')}-${state}-${theme}-${width}.png`
}
