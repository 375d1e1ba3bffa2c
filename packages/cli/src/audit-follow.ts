// countersign audit export --follow: the audit log as JSON lines, oldest first, for ever. A page is held in memory, not more; its cursor is
// kept once the page was written, so after a kill at most one page is written twice, and no event is left out.
import { setTimeout as pause } from 'node:timers/promises'
import { AdminRequestError, type AdminClient, type OperationInput, type OperationOutput } from '@countersign/admin'
import { exitReasonOf } from './exit-reason.ts'

export type FollowedPage = Pick<OperationOutput<'audit.search'>, 'items' | 'next' | 'upToDate'>

export interface FollowOptions {
  readonly readPage: (after: string | undefined) => Promise<FollowedPage>
  /** Resolves once the reader of the output has taken it. */
  readonly write: (text: string) => Promise<unknown>
  readonly keep: (cursor: string) => void
  /** Where an earlier run ended. */
  readonly start: string | undefined
  /** Whether to go on when there is nothing more for now. */
  readonly isEndless: boolean
  readonly say: (message: string) => void
  /** Tested after each page. */
  readonly isStopped: () => boolean
  readonly wait?: (milliseconds: number) => Promise<unknown>
}

export const pageOfExport = 1000
const pollMs = 2000
const longestPauseMs = 30_000
/** Of the pages without events, one in so many is kept: the file is not written every two seconds. */
const keptEmptyPages = 30

/** @throws the errors of `readPage` that waiting does not mend */
export async function followEvents(options: FollowOptions): Promise<void> {
  const { write, keep, isEndless, isStopped, wait = pause } = options
  let emptyPages = 0
  for (let after = options.start; !isStopped();) {
    const { items, next, upToDate } = await readUntilAnswered(options, after)
    if (items.length > 0) await write(items.map((event) => `${JSON.stringify(event)}\n`).join(''))
    emptyPages = items.length > 0 ? 0 : emptyPages + 1
    if (next !== null && (emptyPages % keptEmptyPages === 0 || after === undefined || upToDate === false)) keep(next)
    if (next === null || (upToDate !== false && !isEndless)) return
    after = next
    if (upToDate !== false && !isStopped()) await wait(pollMs)
  }
}

/** A restart of the server, or an outage of its database, does not end the export. */
async function readUntilAnswered({ readPage, say, wait = pause }: FollowOptions, after: string | undefined): Promise<FollowedPage> {
  for (let failures = 0; ; failures++) {
    try {
      const page = await readPage(after)
      if (failures > 0) say('The server answers again; going on where the export was.')
      return page
    } catch (error) {
      if (!mayPass(error)) throw error
      if (failures === 0) say(`The audit log cannot be read now: ${(error as Error).message}. Retrying until it can.`)
      await wait(Math.min(longestPauseMs, 1000 * 2 ** failures))
    }
  }
}

function mayPass(error: unknown): boolean {
  return exitReasonOf(error) === 'network' || (error instanceof AdminRequestError && error.status >= 500)
}

/** Reads pages of the log, oldest first. */
export function pagesOf(admin: AdminClient, filters: OperationInput<'audit.search'>['query']): FollowOptions['readPage'] {
  return (after) => admin.call('audit.search', { params: {}, query: { ...filters, order: 'oldest', limit: pageOfExport, after } })
}
