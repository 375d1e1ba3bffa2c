// The pages at the left: those of one realm, then those of the server. Below 860 px they are behind a button.
import { signal } from '@preact/signals'
import type { VNode } from 'preact'
import { useEffect } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import { BrandMark, Icon } from '../shared/components/icon.tsx'
import { Name } from '../shared/components/name.tsx'
import { number } from '../shared/count.ts'
import { hrefOf, Link, pathTo } from '../shared/links.tsx'
import { isLive } from '../shared/live.ts'
import { read, useReads } from '../shared/reads.ts'
import { may, nameOfSession, signOut } from '../shared/session.ts'
import { openPalette } from './open-palette.ts'
import { ofRealm, ofServer } from './page-names.ts'
import { remember, useRealm } from './realm.ts'

const isOpen = signal(false)

/** The realm of operators has no overview: its first page is the list of operators. */
function pagesOf(realm: string): readonly (typeof ofRealm)[number][] {
  return realm === 'operators' ? ofRealm.filter(([rest]) => rest !== '') : ofRealm
}

export function Navigation(): VNode {
  const { path, route } = useLocation()
  const realm = useRealm()
  useEffect(() => {
    isOpen.value = false
  }, [path])
  const mayList = may('organizations:read')
  const { answers } = useReads({ realms: read('realms.list', { params: {} }, { every: 300_000, when: mayList }) })
  // Before they are known, the field has its place already: nothing below it moves.
  const names = answers?.realms?.items.map(({ name }) => name) ?? (realm === undefined ? [] : [realm])
  const open = useOpenRequests(realm)
  // Also above one of a list, such as a client; every page of a realm is below its overview.
  const currentFor = (to: string) => {
    if (path === hrefOf(to)) return 'page'
    return path.startsWith(`${hrefOf(to)}/`) && to !== pathTo(realm ?? '') ? 'true' : undefined
  }
  const item = (to: string, name: string, count?: string) => (
    <li key={to}>
      <Link to={to} aria-current={currentFor(to)}>
        {name}
        {count !== undefined && (
          <b>
            {count}
            <span class="unseen"> open</span>
          </b>
        )}
      </Link>
    </li>
  )
  return (
    <header class="side" data-open={isOpen.value}>
      <div class="brand">
        <BrandMark /> Countersign
        <button
          type="button"
          class="bare find"
          aria-keyshortcuts="Control+K"
          onClick={({ currentTarget }) => void openPalette(currentTarget)}
        >
          <Icon name="search" /> <span>Search</span> <kbd aria-hidden="true">Ctrl K</kbd>
        </button>
        <button type="button" class="bare menu" aria-expanded={isOpen.value} onClick={() => (isOpen.value = !isOpen.value)}>
          <Icon name="menu" /> Menu
        </button>
      </div>
      <nav aria-label="Pages">
        {mayList && (
          <label class="realm">
            <span class="unseen">Realm</span>
            <select
              value={realm ?? ''}
              onChange={({ currentTarget: { value } }) => {
                if (value !== '') remember(value)
                route(hrefOf(value === '' ? '/' : pathTo(value)))
              }}
            >
              <option value="">All realms</option>
              {names.map((name) => (
                <option key={name} value={name}>
                  {name}
                </option>
              ))}
            </select>
          </label>
        )}
        {realm !== undefined && (
          <ul>{pagesOf(realm).map(([rest, name]) => item(pathTo(realm) + rest, name, rest === '/requests' ? open : undefined))}</ul>
        )}
        <h2>This server</h2>
        <ul>{ofServer.map(([to, name]) => item(to, name))}</ul>
      </nav>
      <div class="whose">
        <p>
          <Name>{nameOfSession()}</Name>
          <br />
          <span class="soft">{isLive.value ? 'live' : 'reads every 15 s'}</span>
        </p>
        <button type="button" onClick={() => void signOut('/console')}>
          Sign out
        </button>
      </div>
    </header>
  )
}

const maxCounted = 100

/** How many access requests wait for an answer; undefined for none. */
function useOpenRequests(realm: string | undefined): string | undefined {
  const isAsked = realm !== undefined && realm !== 'operators' && may('organizations:read')
  const { answers } = useReads({
    open: read(
      'accessRequests.list',
      { params: { realm: realm ?? '' }, query: { state: 'open', limit: maxCounted } },
      { every: 60_000, when: isAsked },
    ),
  })
  const count = answers?.open?.items.length ?? 0
  if (!isAsked || count === 0) return undefined
  return answers?.open?.next ? `${number(maxCounted)} and more` : number(count)
}
