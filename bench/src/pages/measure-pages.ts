// Measures pages in a browser on a slow machine and a slow line, what the largest list takes of the browser, and what it costs the server.
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { medianOfEach } from '../median.ts'
import { measureListMemory, type ListMemory } from './list-memory.ts'
import { realm } from './pages-realm.ts'
import type { PagesServer } from './pages-server.ts'
import { measureServerCosts, type ServerCosts } from './server-costs.ts'
import { launchBrowser, openTab, type WatchedTab } from './watched-tab.ts'

export interface PagesOptions {
  readonly rounds: number
  readonly clients: number
  /** Pages of the list of clients: asked of the server, and shown in one tab. */
  readonly lists: number
}

/** Milliseconds. */
interface PagesTurn {
  /** From nothing to the overview, CPU slowed six times, 10 Mbit/s, 40 ms. */
  readonly usable: number
  /** From the click to the list of organizations, under the same conditions; the pointer has been on the link as long as that of a person. */
  readonly nextPage: number
  /** To the list of partners, clicked as soon as the pointer is there. */
  readonly nextPageAtOnce: number
  /** The slowest of opening the palette and typing in it, CPU slowed four times. */
  readonly interaction: number
  /** From the click to the list of clients, at full speed. */
  readonly clientsList: number
  readonly nodesOfClientsList: number
}

export interface PagesFigures {
  readonly medians: PagesTurn
  readonly memory: ListMemory
  readonly server: ServerCosts
  readonly rounds: readonly PagesTurn[]
}

/** A person presses a link some 200 ms after the pointer has reached it, or later. */
const restMs = 200
const slowest = { cpu: 6, megabits: 10, latencyMilliseconds: 40 }

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
      say('showing one page of the list after the other')
      const memory = await measureListMemory(await openTab(browser, cookie), served.origin, lists)
      const server = await measureServerCosts(served, lists, cpuMilliseconds)
      return { medians: medianOfEach(rounds), memory, server, rounds }
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
  const link = (name: string) => tab.getByRole('navigation').getByRole('link', { name, exact: true })
  await link('Organizations').hover()
  await tab.waitForTimeout(restMs)
  await link('Organizations').click()
  const nextPage = await usableAfter()
  await link('Partners').click()
  const nextPageAtOnce = await usableAfter()

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
  await link('Clients').click()
  const clientsList = await usableAfter()
  const nodesOfClientsList = await tab.locator('*').count()
  await watched.close()
  return { usable, nextPage, nextPageAtOnce, interaction, clientsList, nodesOfClientsList }
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
