// The figures of retention as a table.
import type { measureRetention } from './measure-retention.ts'

type Figures = Awaited<ReturnType<typeof measureRetention>>

export function retentionTable(stores: readonly Figures[]): object[] {
  return stores.map(({ kind, milliseconds: { without, during }, ratioOfP99, eventsPerSecond, hoursForTheDay }) => ({
    store: kind,
    'p99 without (ms)': without.p99.toFixed(1),
    'p99 meanwhile (ms)': during.p99.toFixed(1),
    'ratio of p99': ratioOfP99.toFixed(2),
    'events a second': Math.round(eventsPerSecond),
    'hours for the day': hoursForTheDay.toFixed(1),
  }))
}
