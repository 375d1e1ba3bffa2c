// The code of pages. A page is a file of its own, which is loaded once: when the page is opened, or a little earlier, when a pointer or the
// focus reaches a link to it, so that opening it costs no request for code (decisions/110).
import { exec } from 'preact-iso/router'
import type { AnyPage } from './page.tsx'

export interface Route {
  readonly path: string
  readonly load: () => Promise<{ readonly page: AnyPage }>
}

export interface FoundRoute {
  readonly route: Route
  readonly params: Readonly<Record<string, string>>
}

const loaded = new Map<Route, AnyPage>()

/** Undefined until it is loaded. */
export function pageOf(route: Route): AnyPage | undefined {
  return loaded.get(route)
}

export async function loadPage(route: Route): Promise<void> {
  loaded.set(route, (await route.load()).page)
}

/** The first that fits. @param path with the mount, such as `/console/nt24-idp/clients` */
export function findRoute(routes: readonly Route[], mount: string, path: string): FoundRoute | undefined {
  const inside = path.slice(mount.length)
  for (const route of routes) {
    const match = exec(inside, route.path, { params: {}, path: inside, query: {} })
    if (match) return { route, params: match.params }
  }
  return undefined
}

/** Begins to load the page of a path. If that fails, opening the page says so. */
export function loadAhead(routes: readonly Route[], mount: string, path: string): void {
  const found = findRoute(routes, mount, path)
  if (found && !pageOf(found.route)) loadPage(found.route).catch(() => {})
}

/** From now on for each link that a pointer or the focus reaches. */
export function loadPagesOfLinks(routes: readonly Route[], mount: string): void {
  const ahead = ({ target }: Event) => {
    const link = target instanceof Element && target.closest<HTMLAnchorElement>(`a[href^="${mount}"]`)
    if (link) loadAhead(routes, mount, link.pathname)
  }
  for (const kind of ['pointerover', 'focusin']) addEventListener(kind, ahead, { passive: true })
}
