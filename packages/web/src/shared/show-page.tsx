// Finds the page of an address, loads its file and shows it.
import type { VNode } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import { exec } from 'preact-iso/router'
import { Skeleton } from './components/skeleton.tsx'
import { Link } from './links.tsx'
import { Page, type AnyPage } from './page.tsx'

interface Route {
  readonly path: string
  readonly load: () => Promise<{ readonly page: AnyPage }>
}

const loaded = new Map<Route, AnyPage>()

export function ShowPage({ routes, mount }: { readonly routes: readonly Route[]; readonly mount: string }): VNode {
  const { path, query } = useLocation()
  const [, redraw] = useState(0)
  const [failed, setFailed] = useState<Route>()
  const inside = path.slice(mount.length) || '/'
  const found = findRoute(routes, inside)
  const page = found && loaded.get(found.route)
  useEffect(() => {
    if (!found || page) return
    setFailed(undefined)
    found.route.load().then(
      (module) => {
        loaded.set(found.route, module.page)
        redraw((count) => count + 1)
      },
      () => setFailed(found.route),
    )
  }, [found?.route])
  if (!found) return <NoPage />
  if (failed === found.route) return <NotLoaded />
  if (!page) return <Skeleton />
  // The key: another resource is another page, with nothing left of the form of the one before.
  return <page.Content key={path} params={found.params} query={query} />
}

function findRoute<One extends { readonly path: string }>(
  routes: readonly One[],
  path: string,
): { readonly route: One; readonly params: Readonly<Record<string, string>> } | undefined {
  for (const route of routes) {
    const match = exec(path, route.path, { params: {}, path, query: {} })
    if (match) return { route, params: match.params }
  }
  return undefined
}

function NoPage(): VNode {
  return (
    <Page title="There is no such page">
      <p>
        <Link to="/">Go to the first page</Link>
      </p>
    </Page>
  )
}

function NotLoaded(): VNode {
  return (
    <Page title="The page could not be loaded">
      <p>The server was probably updated since you opened this window.</p>
      <p>
        <button type="button" onClick={() => location.reload()}>
          Load it again
        </button>
      </p>
    </Page>
  )
}
