// What a page reads: operations by name, kept in one cache, read again while they are on the screen.
import { QueriesObserver, QueryClient, type QueryObserverOptions } from '@tanstack/query-core'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { OperationName, OperationOutput } from '@countersign/admin'
import { call, type Input } from './call.ts'
import { CallError } from './call-error.ts'

/** One operation that a page reads. */
export interface Read<Name extends OperationName = OperationName> {
  readonly name: Name
  readonly input: Input<Name>
  /** Milliseconds; how often it is read again without a hint of the server. */
  readonly every: number
  /** False for something that is not known yet: it is not read. */
  readonly when: boolean
}

export interface ReadOptions {
  readonly every?: number
  readonly when?: boolean
}

const usualIntervalMs = 15_000

export function read<Name extends OperationName>(name: Name, input: Input<Name>, options: ReadOptions = {}): Read<Name> {
  return { name, input, every: options.every ?? usualIntervalMs, when: options.when ?? true }
}

export type Reads = Readonly<Record<string, Read>>

/** Undefined where `when` is false. */
export type Answers<Wanted extends Reads> = { readonly [Key in keyof Wanted]: OperationOutput<Wanted[Key]['name']> }

export interface ReadState<Wanted extends Reads> {
  /** Undefined until all of them have been read once. */
  readonly answers: Answers<Wanted> | undefined
  /** Of the first that failed. Answers that are there stay. */
  readonly error: CallError | undefined
  /** When the oldest of the answers was read; milliseconds since the epoch. */
  readonly readAt: number
  readonly refresh: () => void
}

export const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 2000,
      gcTime: 5 * 60_000,
      retry: canRetry,
      refetchOnWindowFocus: true,
      // What a page shows; that something is being read is not drawn.
      notifyOnChangeProps: ['data', 'error', 'dataUpdatedAt'],
    },
  },
})

/** Of what is on no screen, for the way back: a hundred pages of a list take no more memory than the last ones. */
const maxKept = 20
const cache = queries.getQueryCache()
cache.subscribe(({ type }) => {
  // When the page that is opened observes what it reads.
  if (type === 'observerRemoved') setTimeout(forgetOldest)
})

function forgetOldest(): void {
  // Names of partners are small, and a page may have many.
  const unseen = cache.findAll({ type: 'inactive', fetchStatus: 'idle', predicate: ({ queryKey: [name] }) => name !== 'find' })
  for (const query of unseen.slice(0, -maxKept)) cache.remove(query)
}

function canRetry(failures: number, error: Error): boolean {
  return failures < 2 && error instanceof CallError && (error.status === 0 || error.status === 503)
}

/** What a page is about does not exist: the rest of it is not read again either. */
function isGone(wanted: readonly Read[]): boolean {
  return wanted.some(({ name, input }) => {
    const error = queries.getQueryState([name, input])?.error
    return error instanceof CallError && error.status === 404
  })
}

function isRefusal(error: Error | null): boolean {
  return error instanceof CallError && error.status >= 400 && error.status < 500 && error.status !== 429
}

export function useReads<Wanted extends Reads>(wanted: Wanted): ReadState<Wanted> {
  const keys = Object.keys(wanted)
  const all = Object.values(wanted)
  const options = all.map((one) => toOptions(one, () => isGone(all)))
  const [observer] = useState(() => new QueriesObserver(queries, options))
  const [, redraw] = useState(0)
  /** A change of a filter keeps what is there until the new answers come. */
  const complete = useRef<Answers<Wanted>>(undefined)
  // Not after the paint: on a slow machine the request would go out a frame later.
  useLayoutEffect(() => observer.setQueries(options))
  useLayoutEffect(() => observer.subscribe(() => redraw((count) => count + 1)), [observer])
  const [results] = observer.getOptimisticResult(options, undefined)
  if (results.every((result, index) => result.data !== undefined || options[index]?.enabled === false))
    complete.current = Object.fromEntries(keys.map((key, index) => [key, results[index]?.data])) as Answers<Wanted>
  const failed = results.find(({ error }) => error !== null)
  return {
    answers: complete.current,
    error: failed ? (failed.error as CallError) : undefined,
    readAt: Math.min(...results.filter(({ dataUpdatedAt }) => dataUpdatedAt > 0).map(({ dataUpdatedAt }) => dataUpdatedAt)),
    refresh: () => void Promise.all(results.map(({ refetch }) => refetch())),
  }
}

function toOptions({ name, input, every, when }: Read, isOver: () => boolean): QueryObserverOptions {
  return {
    queryKey: [name, input],
    queryFn: ({ signal }) => call(name, input, { signal }),
    // What was refused is refused again: it is read when something changes.
    refetchInterval: ({ state: { error } }) => (isRefusal(error) || isOver() ? false : every),
    enabled: when,
  }
}

/** After a change: what is on the screen is read again, the rest when it is next shown. */
export function refreshAll(): Promise<void> {
  return queries.invalidateQueries()
}

const ofUses: ReadonlySet<unknown> = new Set<OperationName>(['rotation.get', 'rotation.list', 'credentials.uses'])

/** After a secret of a rotation was used: what says so on the screen is read again. */
export function refreshUses(): Promise<void> {
  return queries.invalidateQueries({ predicate: ({ queryKey: [name] }) => ofUses.has(name) })
}
