// The pages in a bar at the top. Below 860 px they are behind a button.
import { signal } from '@preact/signals'
import type { VNode } from 'preact'
import { useEffect } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import { BrandMark, Icon } from '../shared/components/icon.tsx'
import { Name } from '../shared/components/name.tsx'
import { hrefOf, Link } from '../shared/links.tsx'
import { nameOfSession, session, signOut } from '../shared/session.ts'
import { isPerson } from './own.ts'

const pages = [
  ['/', 'Home'],
  ['/clients', 'Clients'],
  ['/partners', 'Partners'],
  ['/capabilities', 'Capabilities'],
  ['/agreement', 'Agreement'],
  ['/refusals', 'Refusals'],
  ['/usage', 'Usage'],
  ['/try', 'Try it'],
  ['/requests', 'Requests'],
  ['/people', 'People'],
  ['/activity', 'Activity'],
  ['/sessions', 'Sessions'],
] as const

const isOpen = signal(false)

export function Bar({ mount }: { readonly mount: string }): VNode {
  const { path } = useLocation()
  const company = session.value?.organization.name ?? ''
  const who = nameOfSession() + (isPerson() ? `, ${session.value?.role}` : '')
  const shown = pages.filter(([to]) => to !== '/people' || isPerson())
  useEffect(() => {
    isOpen.value = false
  }, [path])
  return (
    <header class="bar" data-open={isOpen.value}>
      <div class="brand" title={company}>
        <BrandMark /> <Name>{company}</Name>
        <button type="button" class="bare menu" aria-expanded={isOpen.value} onClick={() => (isOpen.value = !isOpen.value)}>
          <Icon name="menu" /> Menu
        </button>
      </div>
      <nav aria-label="Pages">
        <ul>
          {shown.map(([to, name]) => (
            <li key={to}>
              <Link to={to} aria-current={isAt(path, to) ? 'page' : undefined}>
                {name}
              </Link>
            </li>
          ))}
        </ul>
      </nav>
      <div class="whose">
        <span class="soft" title={who}>
          <Name>{who}</Name>
        </span>
        <button type="button" onClick={() => void signOut(mount)}>
          Sign out
        </button>
      </div>
    </header>
  )
}

/** A page below one of the bar belongs to it. */
function isAt(path: string, to: string): boolean {
  const href = hrefOf(to)
  return path === href || path === `${href}/` || (to !== '/' && path.startsWith(`${href}/`))
}
