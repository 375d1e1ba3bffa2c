// Writes the reports of guards. Those that arrive meanwhile wait, and go into one transaction: a commit of SQLite holds up tokens, however
// little is in it.
import { setImmediate as otherRequests } from 'node:timers/promises'
import type { Transaction } from 'kysely'
import { ProblemError } from '../errors.ts'
import type { RefusalFate } from '../refusals/refusal-counters.ts'
import type { RefusalLog } from '../refusals/refusal-log.ts'
import type { Refusal } from '../refusals/refusal.ts'
import type { Schema } from '../store/schema.ts'
import type { Store } from '../store/store.ts'
import { noteGuard, noteRoutes, usualReportLimits, type Reported, type ReportLimits } from './guard-rows.ts'

/** A report with what it says, checked against what this server knows. */
export interface PreparedReport extends Reported {
  readonly refusals: readonly Refusal[]
}

export interface ReportWriter {
  /**
   * Resolves once what is kept is durable: with whether it was new.
   * @throws ProblemError `temporarily-unavailable` if too many wait; any error of the store
   */
  write(report: PreparedReport): Promise<boolean>
  close(): Promise<void>
}

interface ReportWriterOptions {
  readonly store: Pick<Store, 'backgroundPool'>
  readonly refusals: RefusalLog
  readonly limits?: ReportLimits
}

/** Half a megabyte each, before it is parsed. */
const maxWaiting = 50
/** Of one transaction, in which no token is issued on SQLite. */
const refusalsTogether = 250
const reportsTogether = 8

interface Waiting {
  readonly report: PreparedReport
  readonly done: (isNew: boolean) => void
  readonly failed: (error: unknown) => void
}

export function createReportWriter({ store, refusals, limits = usualReportLimits }: ReportWriterOptions): ReportWriter {
  let waiting: Waiting[] = []
  let writing: Promise<void> | undefined

  async function writeAll(): Promise<void> {
    while (waiting.length > 0) {
      const batch = takeTogether(waiting)
      waiting = waiting.slice(batch.length)
      try {
        const reports = batch.map(({ report }) => report)
        const outcomes = await store.backgroundPool.transaction().execute((db) => insertReports(db, refusals, reports, limits))
        for (const [index, { report, done }] of batch.entries()) {
          const outcome = outcomes[index]
          for (const fate of fates) refusals.counters.count(report.realm, fate, outcome?.[fate] ?? 0)
          done(outcome !== undefined)
        }
      } catch (error) {
        for (const { failed } of batch) failed(error)
      }
      if (waiting.length > 0) await otherRequests() // SQLite writes without answering them.
    }
    writing = undefined
  }

  return {
    write(report) {
      if (waiting.length >= maxWaiting) return Promise.reject(tooMany())
      return new Promise((done, failed) => {
        waiting.push({ report, done, failed })
        writing ??= writeAll()
      })
    },
    close: async () => void (await writing),
  }
}

function tooMany(): ProblemError {
  return new ProblemError('temporarily-unavailable', {
    detail: `${maxWaiting} reports of guards wait to be written already.`,
    remedy: 'Send the report again; a guard does that by itself.',
  })
}

function takeTogether(waiting: readonly Waiting[]): readonly Waiting[] {
  let count = 0
  let refusals = 0
  for (const { report } of waiting.slice(0, reportsTogether)) {
    refusals += report.refusals.length
    if (count > 0 && refusals > refusalsTogether) break
    count++
  }
  return waiting.slice(0, count)
}

const fates: readonly RefusalFate[] = ['kept', 'thinned', 'duplicate']

/**
 * All rows of a table before those of the next, in the order of their keys, so that two nodes do not wait for each other.
 * @returns undefined for a report that was taken before
 */
async function insertReports(
  db: Transaction<Schema>,
  refusals: RefusalLog,
  reports: readonly PreparedReport[],
  limits: ReportLimits,
): Promise<(Readonly<Record<RefusalFate, number>> | undefined)[]> {
  const inOrder = [...reports.entries()].toSorted(([, a], [, b]) => compare(keyOf(a), keyOf(b)) || a.report.number - b.report.number)
  const taken: (readonly [number, PreparedReport])[] = []
  for (const [index, report] of inOrder) if (await noteGuard(db, report, limits)) taken.push([index, report])
  const outcomes: (Readonly<Record<RefusalFate, number>> | undefined)[] = reports.map(() => undefined)
  for (const [index, report] of taken) outcomes[index] = await refusals.insert(db, report.refusals, report.at)
  for (const [, report] of taken) await noteRoutes(db, report, limits)
  return outcomes
}

function keyOf({ realm, reporter, report }: PreparedReport): string {
  return JSON.stringify([realm, reporter, report.guard])
}

function compare(a: string, b: string): number {
  if (a === b) return 0
  return a < b ? -1 : 1
}
