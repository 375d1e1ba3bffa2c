// The API lists partners by id. Where all of them are on one page, a person finds one sooner by its name.

interface Found<Item> {
  readonly items: readonly Item[]
  readonly next: string | null
}

/** @param after of the page before; empty for the first page */
export function byName<Item extends { readonly name: string }>(page: Found<Item>, after: string): Found<Item> {
  if (page.next !== null || after !== '') return page
  return { ...page, items: sortByName(page.items) }
}

export function sortByName<Item extends { readonly name: string }>(items: readonly Item[]): Item[] {
  return items.toSorted((a, b) => a.name.localeCompare(b.name))
}
