// A tab of a slow machine on a slow line, which notes by itself when a page can be used, and how long each input took until it was drawn.
import { chromium, type Browser, type BrowserContext, type CDPSession, type Page } from 'playwright-core'

export interface Slowness {
  /** How many times slower the processor is. */
  readonly cpu: number
  readonly megabits?: number
  readonly latencyMilliseconds?: number
}

/** After everything that can be collected was collected. */
export interface TabMemory {
  readonly heapMebibytes: number
  /** Of the document, and those that only scripts still hold. */
  readonly nodes: number
  readonly listeners: number
}

export interface WatchedTab {
  readonly tab: Page
  slow(slowness: Slowness): Promise<void>
  /** Milliseconds from the beginning of the page, or from the last click, until a heading is there and nothing is being read. */
  usableAfter(): Promise<number>
  /** Milliseconds of the slowest input since the last call, until it was drawn. */
  takeSlowestInput(): Promise<number>
  memory(): Promise<TabMemory>
  close(): Promise<void>
}

export const browserPath = process.env['CHROMIUM'] ?? '/usr/bin/chromium'

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: browserPath, args: ['--no-sandbox'] })
}

/** Nothing of an earlier tab is in its cache. */
export async function openTab(
  browser: Browser,
  cookie: { readonly name: string; readonly value: string; readonly url: string },
): Promise<WatchedTab> {
  const context: BrowserContext = await browser.newContext({ viewport: { width: 1280, height: 900 } })
  await context.addCookies([cookie])
  await context.addInitScript(watch)
  const tab = await context.newPage()
  const session: CDPSession = await context.newCDPSession(tab)
  return {
    tab,
    async slow({ cpu, megabits, latencyMilliseconds = 0 }) {
      await session.send('Emulation.setCPUThrottlingRate', { rate: cpu })
      const throughput = megabits === undefined ? -1 : (megabits * 1e6) / 8
      const line = { offline: false, latency: latencyMilliseconds, downloadThroughput: throughput, uploadThroughput: throughput }
      await session.send('Network.emulateNetworkConditions', line)
    },
    usableAfter: () => tab.evaluate('watched.usable'),
    takeSlowestInput: () => tab.evaluate('Math.max(0, ...watched.inputs.splice(0))'),
    async memory() {
      await session.send('Performance.enable')
      for (let time = 0; time < 3; time++) await session.send('HeapProfiler.collectGarbage')
      const { metrics } = await session.send('Performance.getMetrics')
      const valueOf = (name: string) => metrics.find((metric) => metric.name === name)!.value
      return { heapMebibytes: valueOf('JSHeapUsedSize') / 1024 / 1024, nodes: valueOf('Nodes'), listeners: valueOf('JSEventListeners') }
    },
    close: () => context.close(),
  }
}

/** In the page. A page is usable when its heading is another one than at the click, and no grey lines are left. */
const watch = `
  globalThis.watched = { inputs: [] }
  const begin = (begunAt, before) => {
    watched.usable = new Promise((done) => {
      const look = () => {
        const heading = document.querySelector('h1')
        if (!heading || heading === before || document.querySelector('.skeleton')) return
        observer.disconnect()
        done(performance.now() - begunAt)
      }
      const observer = new MutationObserver(look)
      observer.observe(document, { childList: true, subtree: true })
    })
  }
  begin(0)
  addEventListener('click', ({ target }) => {
    if (target instanceof Element && target.closest('a[href]')) begin(performance.now(), document.querySelector('h1'))
  }, { capture: true })
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) watched.inputs.push(duration)
  }).observe({ type: 'event', durationThreshold: 16, buffered: true })
`
