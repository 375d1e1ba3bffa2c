// Links within the console or the portal, and changes of the query of a page.
import type { ComponentChildren, VNode } from 'preact'
import { useLocation } from 'preact-iso'

let mount = '/console'
export function configureLinks(path: string): void {
  mount = path
}

/** The address of a page, such as `/nt24-idp/partners`. */
export function hrefOf(to: string): string {
  return to === '/' ? mount : mount + to
}

/** A path of encoded members: `pathTo('nt24-idp', 'clients', id)`. */
export function pathTo(...members: readonly string[]): string {
  return `/${members.map(encodeURIComponent).join('/')}`
}

export interface LinkProps {
  readonly to: string
  readonly children: ComponentChildren
  readonly class?: string
  readonly title?: string
  readonly 'aria-current'?: 'page' | 'true' | undefined
  readonly 'aria-label'?: string
}

export function Link({ to, children, ...others }: LinkProps): VNode {
  return (
    <a href={hrefOf(to)} {...others}>
      {children}
    </a>
  )
}

/** Changes members of the query: empty ones are removed, and a list begins at its first page again. */
export function useQueryMembers(): (changed: Readonly<Record<string, string | undefined>>) => void {
  const { path, query, route } = useLocation()
  return (changed) => {
    const { after: _, ...kept } = query
    const next = Object.entries({ ...kept, ...changed }).filter((member): member is [string, string] => Boolean(member[1]))
    route(next.length === 0 ? path : `${path}?${new URLSearchParams(next)}`, !('after' in changed))
  }
}
