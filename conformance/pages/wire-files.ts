// The files that pages load, and what each takes over the wire, headers included, as the browser counts it.
import type { CDPSession, Page } from 'playwright-core'

export interface WireFiles {
  /** Those that were asked for since the last call. */
  take(): ReadonlySet<string>
  /** Of the first time that the file was loaded. */
  bytesOf(files: Iterable<string>): number
}

/** @param path of the pages, such as `/console` */
export async function watchFiles(tab: Page, path: string): Promise<WireFiles> {
  const session: CDPSession = await tab.context().newCDPSession(tab)
  const sizes = new Map<string, number>()
  const names = new Map<string, string>()
  let asked = new Set<string>()
  session.on('Network.requestWillBeSent', ({ requestId, request: { url }, type }) => {
    const { pathname } = new URL(url)
    if (type !== 'Document' && !pathname.startsWith(`${path}/assets/`)) return
    const name = type === 'Document' ? 'the document' : pathname
    names.set(requestId, name)
    asked.add(name)
  })
  session.on('Network.loadingFinished', ({ requestId, encodedDataLength }) => {
    const name = names.get(requestId)
    if (name !== undefined && encodedDataLength > (sizes.get(name) ?? 0)) sizes.set(name, encodedDataLength)
  })
  await session.send('Network.enable')
  await session.send('Network.clearBrowserCache')
  return {
    take() {
      const taken = asked
      asked = new Set()
      return taken
    },
    bytesOf: (files) => [...files].reduce((sum, name) => sum + (sizes.get(name) ?? Number.NaN), 0),
  }
}

/** Before the first page: {@link readShift} then tells how much of a page has moved. */
export function observeShifts(tab: Page): Promise<unknown> {
  return tab.addInitScript(`
    globalThis.shifts = []
    new PerformanceObserver((list) => {
      for (const { value, sources } of list.getEntries())
        shifts.push({ value, moved: sources.map(({ node }) => node?.className || node?.nodeName).join(' ') })
    }).observe({ type: 'layout-shift', buffered: true })`)
}

export interface Shift {
  readonly value: number
  readonly moved: string
}

export function readShifts(tab: Page): Promise<Shift[]> {
  return tab.evaluate('shifts')
}
