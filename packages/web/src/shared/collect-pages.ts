// Reads a list page after page, up to a bound: what is larger is for the command line.

export interface ListPage<Item> {
  readonly items: readonly Item[]
  readonly next?: string | null
}

export interface Collected<Item> {
  readonly items: readonly Item[]
  /** There is more than the bound. */
  readonly isCut: boolean
}

/** @param readPage reads the page after a cursor @param onCount is told how many there are so far @throws what `readPage` throws */
export async function collectPages<Item>(
  readPage: (after: string | undefined) => Promise<ListPage<Item>>,
  most: number,
  onCount: (count: number) => void,
): Promise<Collected<Item>> {
  const items: Item[] = []
  let after: string | undefined
  do {
    onCount(items.length)
    const page = await readPage(after)
    items.push(...page.items)
    after = page.next ?? undefined
  } while (after !== undefined && items.length < most)
  return { items: items.slice(0, most), isCut: after !== undefined || items.length > most }
}
