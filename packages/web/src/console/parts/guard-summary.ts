// What the guards of a realm have in common, in sentences: which are up to date, which versions there are, what only reports, what was lost.
import { countOf, number } from '../../shared/count.ts'
import type { Guard } from './guard-advice.ts'

export function summarize(guards: readonly Guard[]): string[] {
  const seen = guards.filter(({ state }) => state !== 'not-seen')
  const count = (isCounted: (guard: Guard) => boolean) => seen.filter(isCounted).length
  const connected = count(({ state }) => state === 'connected')
  const late = count(({ state }) => state === 'late')
  const reporting = count(({ reportOnlyUntil, reportOnlyRoutes }) => reportOnlyUntil !== null || reportOnlyRoutes > 0)
  const apis = new Set(seen.map(({ api, reporter }) => JSON.stringify([api, reporter]))).size
  const lost = guards.reduce((sum, { lost: { refusals, counts } }) => sum + refusals + counts, 0)
  const gone = guards.length - seen.length
  const versions = versionsOf(guards)
  const sentences: readonly [isSaid: boolean, sentence: string][] = [
    [
      seen.length > 0,
      `${countOf(seen.length, 'process', 'processes')} of ${countOf(apis, 'API')}: ${connected < seen.length ? `${number(connected)} ` : seen.length > 1 ? 'all ' : ''}up to date.`,
    ],
    [late > 0, `${countOf(late, 'report is', 'reports are')} late: one is due every 30 seconds from each process.`],
    [
      gone > 0,
      `${countOf(gone, 'process was', 'processes were')} not seen for more than 90 seconds, and stay${gone === 1 ? 's' : ''} listed for 7 days.`,
    ],
    [
      versions.length > 1,
      `Versions: ${versions.map(([version, of]) => `${version} (${number(of)})`).join(', ')}. Go on with the upgrade until all have one.`,
    ],
    [
      reporting > 0,
      `${countOf(reporting, 'process only reports', 'processes only report')} what would be refused, and let${reporting === 1 ? 's' : ''} it pass; the table says until when.`,
    ],
    [
      lost > 0,
      `${countOf(lost, 'refusal or count', 'refusals and counts')} did not arrive, because there were too many at once or this server was away. These requests were decided all the same.`,
    ],
  ]
  return sentences.flatMap(([isSaid, sentence]) => (isSaid ? [sentence] : []))
}

/** Versions that processes say, the most frequent first. */
function versionsOf(guards: readonly Guard[]): readonly (readonly [version: string, count: number])[] {
  const counts = Map.groupBy(
    guards.filter(({ state }) => state !== 'not-seen'),
    ({ version }) => version ?? 'earlier',
  )
  return [...counts].map(([version, found]) => [version, found.length] as const).toSorted(([, a], [, b]) => b - a)
}
