// Measures pages in a browser on a slow machine and a slow line, and what the largest list costs the server.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { createAdminClient } from '@countersign/admin'
import { createTokenProvider, withBearer } from '@countersign/client'
import { median, medianOfEach } from '../median.ts'
import type { PagesServer } from './pages-server.ts'
import { launchBrowser, openTab, type WatchedTab } from './watched-tab.ts'

export interface PagesOptions {
  readonly rounds: number
  readonly clients: number
  /** Of the list of clients, one page each. */
  readonly lists: number
}

/** Milliseconds. */
interface PagesTurn {
  /** From nothing to the overview, CPU slowed six times, 10 Mbit/s, 40 ms. */
  readonly usable: number
  /** From the click to the list of organizations, under the same conditions. */
  readonly nextPage: number
  /** The slowest of opening the palette and typing in it, CPU slowed four times. */
  readonly interaction: number
  /** From the click to the list of clients, at full speed. */
  readonly clientsList: number
  readonly nodesOfClientsList: number
}

export interface PagesFigures {
  readonly medians: PagesTurn
  /** CPU time of the server for a page of the list of clients. */
  readonly serverMillisecondsPerList: number
  readonly rounds: readonly PagesTurn[]
}

const slowest = { cpu: 6, megabits: 10, latencyMilliseconds: 40 }
const realm = 'large'

export async function measurePages({ rounds: count, clients, lists }: PagesOptions, say: (message: string) => void): Promise<PagesFigures> {
  say(`filling a store with ${clients} clients`)
  const child = fork(new URL('pages-server.ts', import.meta.url), [String(clients)], { execArgv: process.execArgv })
  const cpuMilliseconds = async () => {
    child.send('cpu')
    return Number((await once(child, 'message'))[0])
  }
  try {
    const [served] = (await once(child, 'message')) as [PagesServer]
    const browser = await launchBrowser()
    try {
      const cookie = await signIn(served)
      await measureTurn(await openTab(browser, cookie), served.origin) // The server bundles the pages at the first request.
      const rounds: PagesTurn[] = []
      for (let round = 0; round < count; round++) {
        rounds.push(await measureTurn(await openTab(browser, cookie), served.origin))
        say(JSON.stringify(rounds.at(-1)))
      }
      const serverMillisecondsPerList = await measureLists(served, lists, cpuMilliseconds)
      return { medians: medianOfEach(rounds), serverMillisecondsPerList, rounds }
    } finally {
      await browser.close()
    }
  } finally {
    child.disconnect()
  }
}

async function measureTurn(watched: WatchedTab, origin: string): Promise<PagesTurn> {
  const { tab, slow, usableAfter, takeSlowestInput } = watched
  await slow(slowest)
  await tab.goto(`${origin}/console/${realm}`)
  const usable = await usableAfter()
  await tab.getByRole('navigation').getByRole('link', { name: 'Organizations' }).click()
  const nextPage = await usableAfter()

  await slow({ cpu: 4 })
  await tab.keyboard.press('Control+K') // The first time loads it.
  await tab.getByRole('dialog').getByRole('combobox').waitFor()
  await tab.keyboard.press('Escape')
  await takeSlowestInput()
  await tab.keyboard.press('Control+K')
  await tab.getByRole('dialog').getByRole('combobox').waitFor()
  await tab.keyboard.type('org')
  await tab.keyboard.press('ArrowDown')
  await tab.keyboard.press('Escape')
  await tab.getByRole('dialog').waitFor({ state: 'detached' })
  const interaction = await takeSlowestInput()

  await slow({ cpu: 1 })
  await tab.getByRole('navigation').getByRole('link', { name: 'Clients' }).click()
  const clientsList = await usableAfter()
  const nodesOfClientsList = await tab.locator('*').count()
  await watched.close()
  return { usable, nextPage, interaction, clientsList, nodesOfClientsList }
}

/** Pages of the list in turn, from the first on. */
async function measureLists({ origin, operator }: PagesServer, lists: number, cpuMilliseconds: () => Promise<number>): Promise<number> {
  const admin = createAdminClient({ serverUrl: origin, fetch: withBearer(fetch, createTokenProvider(operator), { origins: [origin] }) })
  const list = (after: string | undefined) =>
    admin.call('clients.list', { params: { realm }, query: { limit: 50, ...(after !== undefined && { after }) } })
  let next: string | null = null
  const costs: number[] = []
  for (let at = -5; at < lists; at++) {
    const before = await cpuMilliseconds()
    next = (await list(next ?? undefined)).next
    // The first ones are compiled meanwhile.
    if (at >= 0) costs.push((await cpuMilliseconds()) - before)
  }
  return median(costs)
}

async function signIn({ origin, operator: { clientId, clientSecret } }: PagesServer) {
  const response = await fetch(`${origin}/console/api/session`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin },
    body: JSON.stringify({ clientId, clientSecret }),
  })
  if (response.status !== 201) throw new Error(`Signing in was answered with ${response.status}: ${await response.text()}`)
  const [name = '', value = ''] = response.headers.getSetCookie()[0]!.split(';')[0]!.split('=')
  return { name, value, url: origin }
}
