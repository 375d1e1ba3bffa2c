// What holds of every page, in every state, theme and width. A new page is checked by being in the list of pages.
import { setTimeout as pause } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import { problemContentType } from '@countersign/protocol'
import { findBarriers, type Look, type Watched } from './browser.ts'

/** `full`: with data; `empty`: without; `error`: the reads fail; `no-scope`: for an operator that may not look. */
export const states = ['full', 'empty', 'error', 'no-scope'] as const
export type State = (typeof states)[number]

export interface Visit extends Look {
  /** The address of the page. */
  readonly url: string
  readonly state: State
}

/** A sentence for each fault; empty if the page is as it must be. */
export async function checkPage(watched: Watched, { url, state, width }: Visit): Promise<string[]> {
  const { tab, takeFaults } = watched
  if (state === 'error') await tab.route('**/api/v1/**', answerUnavailable)
  await tab.goto(url)
  await settle(tab, state)
  const facts = (await tab.evaluate(`({
    headings: document.querySelectorAll('h1').length,
    title: document.title,
    width: document.documentElement.scrollWidth,
    cutOff: [...document.querySelectorAll('main .scroll:has(> table)')].filter((one) => one.scrollWidth > one.clientWidth + 1).length,
    brokenOptions: (${findBrokenOptions})(),
    unseenReasons: matchMedia('(max-width: 860px)').matches
      ? [...document.querySelectorAll('main .held:last-child:not(td *) small')].filter((one) => !one.checkVisibility()).length : 0,
    loneLabels: [...document.querySelectorAll('.stack td[data-label]:empty')].filter((one) => one.checkVisibility() && one.offsetHeight > 0
      && getComputedStyle(one, '::before').content.length > 4).length,
    bar: document.querySelector('.bar')?.offsetHeight ?? 0,
    nodes: document.querySelectorAll('*').length,
    isLoading: document.querySelector('.skeleton') !== null,
    unnamed: [...document.querySelectorAll('img:not([alt])')].length,
  })`)) as Facts
  const faults = [
    ...(facts.headings === 1 ? [] : [`${facts.headings} headings of the first level`]),
    ...(/^.+ · Countersign$/.test(facts.title) ? [] : [`the title is "${facts.title}"`]),
    ...(facts.width <= width ? [] : [`scrolls sideways: ${facts.width} px`]),
    ...(facts.cutOff === 0 ? [] : [`${facts.cutOff} tables are cut off at the right`]),
    ...facts.brokenOptions.map((option) => `a command breaks inside ${option}`),
    ...(facts.unseenReasons === 0 ? [] : [`${facts.unseenReasons} buttons cannot be pressed, and only a pointer is told why`]),
    ...(facts.loneLabels === 0 ? [] : [`${facts.loneLabels} labels without a value`]),
    ...(facts.bar < 70 ? [] : [`the bar is ${facts.bar} px high, and that of other pages is not`]),
    ...(facts.nodes <= 1500 ? [] : [`${facts.nodes} nodes`]),
    ...(facts.isLoading ? ['still loading'] : []),
    ...(await findBarriers(tab)),
    ...takeFaults(),
  ]
  await tab.unroute('**/api/v1/**')
  return faults
}

interface Facts {
  readonly headings: number
  readonly title: string
  readonly width: number
  /** Tables that scroll sideways, so that the last column may be out of sight. */
  readonly cutOff: number
  /** Of commands, such as `--realm`: a reader would take the two parts for two words. */
  readonly brokenOptions: readonly string[]
  /** Of buttons that cannot be pressed, on a narrow page, where nothing hovers. */
  readonly unseenReasons: number
  /** Of rows that are shown as blocks. */
  readonly loneLabels: number
  /** Pixels: a second row on some pages moves what is below it. */
  readonly bar: number
  readonly nodes: number
  readonly isLoading: boolean
}

const findBrokenOptions = `() => {
  const texts = [...document.querySelectorAll('main .copyable code')].filter((one) => one.checkVisibility())
    .flatMap((code) => { const walker = document.createTreeWalker(code, NodeFilter.SHOW_TEXT), found = []; while (walker.nextNode()) found.push(walker.currentNode); return found })
  return texts.flatMap((text) => [...text.data.matchAll(/--[a-z-]+/g)].filter(({ 0: option, index }) => {
    const range = document.createRange()
    range.setStart(text, index)
    range.setEnd(text, index + option.length)
    return new Set([...range.getClientRects()].map(({ top }) => Math.round(top))).size > 1
  }).map(([option]) => option))
}`

/** Until the page has its heading and its title, and no read is under way. Failing reads are repeated for some seconds before the page says so. */
async function settle(tab: Page, state: State): Promise<void> {
  await tab.locator('h1').first().waitFor()
  const end = Date.now() + (state === 'error' ? 15_000 : 10_000)
  // What has not come by then is told as a fault of the page. (The policy of the page lets no test wait inside it.)
  while (Date.now() < end && !(await tab.evaluate(isThere))) await pause(20)
  await tab.evaluate('document.fonts.ready.then(() => undefined)')
}

const isThere = `document.title.includes(' · ') && document.querySelector('.skeleton') === null`

function answerUnavailable(route: Parameters<Parameters<Page['route']>[1]>[0]): Promise<void> {
  return route.fulfill({
    status: 500,
    contentType: problemContentType,
    headers: { 'x-request-id': 'made-up-for-the-test' },
    body: JSON.stringify({
      type: 'http://localhost/problems/internal-error',
      title: 'Internal error',
      status: 500,
      detail: 'The server failed.',
      remedy: 'Try again, and report the request id.',
      instance: 'urn:request:made-up-for-the-test',
    }),
  })
}
