// A page is data: where it is, what it reads, what it shows. This file makes the parts that all pages have in common: the heading, the
// grey lines while it loads, and what is shown when a read fails.
import { createContext, type ComponentChildren, type VNode } from 'preact'
import { useContext, useEffect, useLayoutEffect, useRef } from 'preact/hooks'
import { useLocation } from 'preact-iso'
import type { AdminScope } from '@countersign/admin'
import { spellOutInvisible } from '@countersign/admin/visible-text'
import { Failure } from './components/failure.tsx'
import { Skeleton } from './components/skeleton.tsx'
import { Link, pathTo } from './links.tsx'
import { useReads, type Answers, type Reads } from './reads.ts'
import { may } from './session.ts'

type Segment<Path extends string> = Path extends `${infer Head}/${infer Tail}` ? Parameter<Head> | Segment<Tail> : Parameter<Path>
type Parameter<Part extends string> = Part extends `:${infer Name}` ? Name : never
/** The members of a path such as `/:realm/partners`. */
export type Params<Path extends string> = { readonly [Name in Segment<Path>]: string }

/** What a page knows of its address: the members of the path and of the query, with the defaults of the query filled in. */
export type Place<Path extends string, Query> = Params<Path> & Query

export interface PageDefinition<Path extends string, Query extends Readonly<Record<string, string>>, Wanted extends Reads> {
  readonly path: Path
  readonly title: string
  /** The scope that its reads need. Without it the page says so. */
  readonly needs?: AdminScope
  /** The members of the query, each with its default. */
  readonly query?: Query
  readonly data: (place: Place<Path, Query>) => Wanted
  readonly view: (props: Answers<Wanted> & Place<Path, Query> & { readonly refresh: () => void }) => VNode
}

/** A page as the list of pages has it. */
export interface AnyPage {
  readonly path: string
  readonly title: string
  readonly needs?: AdminScope
  /** Shows the page for the members of its path and query. */
  readonly Content: (props: {
    readonly params: Readonly<Record<string, string>>
    readonly query: Readonly<Record<string, string>>
  }) => VNode
}

export function definePage<const Path extends string, Wanted extends Reads, Query extends Readonly<Record<string, string>> = {}>(
  definition: PageDefinition<Path, Query, Wanted>,
): AnyPage {
  const { path, title, needs, query: defaults, data, view } = definition
  function Loaded({ place }: { readonly place: Place<Path, Query> }): VNode {
    const { answers, error, readAt, refresh } = useReads(data(place))
    // The answers last: the query of an address may have members of any name.
    if (answers)
      return (
        <Outdated.Provider value={error && { error, readAt, refresh }}>
          {view({ ...place, ...answers, refresh } as Parameters<typeof view>[0])}
        </Outdated.Provider>
      )
    return <Page title={title}>{error ? <Failure error={error} retry={refresh} above={listAbove(path, place)} /> : <Skeleton />}</Page>
  }
  return {
    path,
    title,
    ...(needs && { needs }),
    Content: ({ params, query }) => {
      if (needs && !may(needs))
        return (
          <Page title={title}>
            <NoScope scope={needs} />
          </Page>
        )
      return <Loaded place={{ ...defaults, ...query, ...params } as unknown as Place<Path, Query>} />
    },
  }
}

/** The list of which the page shows one: `/nt24-idp/clients` of `/:realm/clients/:client`. */
function listAbove(path: string, place: Readonly<Record<string, unknown>>): { readonly to: string; readonly name: string } | undefined {
  const [, list] = /^(.+\/[a-z]+)\/:\w+$/.exec(path) ?? []
  if (list === undefined) return undefined
  const folders = list.split('/').slice(1)
  return {
    to: pathTo(...folders.map((folder) => (folder.startsWith(':') ? String(place[folder.slice(1)]) : folder))),
    name: 'Go to the list',
  }
}

function NoScope({ scope }: { readonly scope: string }): VNode {
  return (
    <p class="callout warn">
      This page needs the scope <code>{scope}</code>, which you do not have. An owner can give it to you.
    </p>
  )
}

interface OutdatedFacts {
  readonly error: Parameters<typeof Failure>[0]['error']
  readonly readAt: number
  readonly refresh: () => void
}

const Outdated = createContext<OutdatedFacts | undefined>(undefined)

export interface PageProps {
  readonly title: ComponentChildren
  /** For the title of the window, where `title` is no text. */
  readonly name?: string
  /** Beside the title, such as a chip. */
  readonly beside?: ComponentChildren
  /** Pages above this one. */
  readonly trail?: readonly { readonly to: string; readonly name: string }[]
  readonly actions?: ComponentChildren
  readonly children?: ComponentChildren
}

/** The frame of a page: its heading, its main actions, its content. The focus moves to the heading when another page opens. */
export function Page({ title, name, beside, trail, actions, children }: PageProps): VNode {
  const heading = useRef<HTMLHeadingElement>(null)
  const { path } = useLocation()
  const outdated = useContext(Outdated)
  const windowTitle = name ?? (typeof title === 'string' ? title : 'Countersign')
  // With the heading, not after it.
  useLayoutEffect(() => {
    document.title = `${spellOutInvisible(windowTitle)} · Countersign`
  }, [windowTitle])
  // A key that is pressed before the data is there moves the focus, and it stays where it went. After drawing: a focus has the page laid out at once.
  useEffect(() => {
    const isOpening = opened?.path !== path
    const isLost = opened?.isFocused && document.activeElement === document.body
    if (isLost || (isOpening && opened)) heading.current?.focus({ preventScroll: true })
    if (isOpening) opened = { path, isFocused: opened !== undefined }
  }, [path])
  return (
    <>
      <header class="top">
        <div>
          {trail && (
            <nav class="crumbs" aria-label="Above this page">
              {trail.map(({ to, name: above }) => (
                <span key={to}>
                  <Link to={to}>{above}</Link> /{' '}
                </span>
              ))}
            </nav>
          )}
          <div class="row">
            <h1 ref={heading} tabIndex={-1}>
              {title}
            </h1>
            {beside}
          </div>
        </div>
        {actions && <div class="row actions">{actions}</div>}
      </header>
      {outdated && <Failure error={outdated.error} retry={outdated.refresh} readAt={outdated.readAt} />}
      {children}
    </>
  )
}

/** The page that has the window, with or without its data, and whether its heading got the focus: that of the first page is left to the browser. */
let opened: { readonly path: string; readonly isFocused: boolean } | undefined
