// What a tab takes while page after page of the largest list is shown in it: as much after a hundred more.
import { realm } from './pages-realm.ts'
import type { TabMemory, WatchedTab } from './watched-tab.ts'

export interface ListMemory {
  /** When the pages that are kept for the way back have been shown. */
  readonly before: TabMemory
  /** After the further pages. */
  readonly after: TabMemory
}

/** More than are kept. */
const keptPages = 25

/** @param pages shown between the two looks */
export async function measureListMemory({ tab, usableAfter, memory }: WatchedTab, origin: string, pages: number): Promise<ListMemory> {
  await tab.goto(`${origin}/console/${realm}/clients`)
  await usableAfter()
  const show = async (count: number) => {
    for (let number = 0; number < count; number++) await tab.evaluate(showNextPage)
  }
  await show(keptPages)
  const before = await memory()
  await show(pages)
  return { before, after: await memory() }
}

/** In the page: the next one, or the first after the last. */
const showNextPage = `new Promise((done) => {
  const first = () => document.querySelector('main tbody th')?.textContent
  const before = first()
  const button = document.querySelector('[data-page="next"]') ?? document.querySelector('[data-page="first"]')
  const observer = new MutationObserver(() => {
    if (first() === before) return
    observer.disconnect()
    requestAnimationFrame(() => done(undefined))
  })
  observer.observe(document, { childList: true, subtree: true, characterData: true })
  button.click()
})`
