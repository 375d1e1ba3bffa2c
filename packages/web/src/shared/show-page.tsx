// Finds the page of an address, loads its file and shows it.
import type { VNode } from 'preact'
import { useLayoutEffect, useState } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import { Skeleton } from './components/skeleton.tsx'
import { Link } from './links.tsx'
import { Page } from './page.tsx'
import { findRoute, loadPage, pageOf, type Route } from './page-code.ts'

export function ShowPage({ routes, mount }: { readonly routes: readonly Route[]; readonly mount: string }): VNode {
  const { path, query } = useLocation()
  const [, redraw] = useState(0)
  const [failed, setFailed] = useState<Route>()
  const found = findRoute(routes, mount, path)
  const page = found && pageOf(found.route)
  // Not after the paint: on a slow machine that is a frame later.
  useLayoutEffect(() => {
    if (!found || page) return
    setFailed(undefined)
    loadPage(found.route).then(
      () => redraw((count) => count + 1),
      () => setFailed(found.route),
    )
  }, [found?.route])
  if (!found) return <NoPage />
  if (failed === found.route) return <NotLoaded />
  if (!page) return <Skeleton />
  // The key: another resource is another page, with nothing left of the form of the one before.
  return <page.Content key={path} params={found.params} query={query} />
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
