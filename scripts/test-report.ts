// What stands at the end of `npm test`: the failures once more, the slowest files, what was skipped and why, the totals.
import { nameOf, type TestResult } from './test-pool.ts'

export function describeResults(results: readonly TestResult[]): string {
  const failures = results.filter(({ failed }) => failed > 0)
  const slowest = results.toSorted((a, b) => b.seconds - a.seconds).slice(0, 10)
  const byStore = Map.groupBy(results, ({ store }) => store)
  return [
    ...failures.map((result) => `${nameOf(result)} failed:\n${result.failures}`),
    '\nThe slowest:',
    ...slowest.map((result) => `${result.seconds.toFixed(1).padStart(7)} s  ${nameOf(result)}`),
    '',
    ...describeSkipped(results),
    ...[...byStore].map(([store, ofStore]) => `${store}: ${countTests(ofStore)} in ${ofStore.length} files`),
    countTests(results),
  ].join('\n')
}

/** A line for each reason, by which a reader sees what this machine lacks. */
function describeSkipped(results: readonly TestResult[]): string[] {
  const reasons = results.flatMap(({ skipped }) => skipped)
  if (reasons.length === 0) return []
  const counts = [...Map.groupBy(reasons, (reason) => reason)].map(([reason, { length }]) => `${`${length}`.padStart(7)} ×  ${reason}`)
  return [`${reasons.length} skipped:`, ...counts, '']
}

function countTests(results: readonly TestResult[]): string {
  const total = (count: 'passed' | 'failed') => results.reduce((sum, result) => sum + result[count], 0)
  return `${total('passed')} passed, ${total('failed')} failed`
}
