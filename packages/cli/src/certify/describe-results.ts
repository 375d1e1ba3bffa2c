// The results for people and as JUnit XML.
import { problemUri, type ProblemCode } from '@countersign/protocol'
import type { Result } from './run-scenarios.ts'

const labels: Readonly<Record<Result['outcome'], string>> = { right: 'right', wrong: 'WRONG', 'not tested': 'not tested' }

export function describeResult({ id, title, outcome, faults, notes, remedy, problem }: Result): string {
  const lines = [
    ...faults.flatMap(({ seen, expected }) => [`Seen:     ${indent(seen, 10)}`, `Expected: ${expected}`]),
    ...(faults.length > 0
      ? [...remediesOf(faults, remedy).map((text) => `Remedy:   ${text}`), `More:     ${pagesOf(id, problem)}`]
      : notes),
  ]
  return [`${labels[outcome].padEnd(11)} ${id.padEnd(19)} ${title}`, ...lines.map((line) => `            ${line}`)].join('\n')
}

export function describeSummary(results: readonly Result[]): string {
  const { right, wrong, notTested } = countResults(results)
  return [`${right} right`, `${wrong} wrong`, ...(notTested > 0 ? [`${notTested} not tested`] : [])].join(', ')
}

export function countResults(results: readonly Result[]): { readonly right: number; readonly wrong: number; readonly notTested: number } {
  const count = (outcome: Result['outcome']) => results.filter((result) => result.outcome === outcome).length
  return { right: count('right'), wrong: count('wrong'), notTested: count('not tested') }
}

export function toJUnit(results: readonly Result[]): string {
  const { wrong, notTested } = countResults(results)
  const seconds = results.reduce((sum, result) => sum + result.seconds, 0).toFixed(3)
  const suite = `name="countersign certify" tests="${results.length}" failures="${wrong}" errors="0" skipped="${notTested}" time="${seconds}"`
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
  <testsuite ${suite}>
${results.map(toTestCase).join('\n')}
  </testsuite>
</testsuites>
`
}

function toTestCase({ id, title, outcome, faults, notes, remedy, problem, seconds }: Result): string {
  const open = `    <testcase classname="countersign.certify" name="${escape(`${id}: ${title}`)}" time="${seconds.toFixed(3)}"`
  if (outcome === 'right') return `${open}/>`
  if (outcome === 'not tested') return `${open}><skipped message="${escape(notes.join(' '))}"/></testcase>`
  const text = faults.map(({ seen, expected }) => `Seen: ${seen}\nExpected: ${expected}`).join('\n')
  const details = escape(`${text}\nRemedy: ${remediesOf(faults, remedy).join(' ')}\nMore: ${pagesOf(id, problem)}`)
  return `${open}><failure message="${escape(faults[0]!.seen)}">${details}</failure></testcase>`
}

function remediesOf(faults: Result['faults'], remedy: string): string[] {
  return [...new Set(faults.map((fault) => fault.remedy ?? remedy))]
}

function pagesOf(id: string, problem: ProblemCode | undefined): string {
  return `countersign certify --explain ${id}${problem === undefined ? '' : `; the page ${problemUri('', problem)} of the authorization server`}`
}

function indent(text: string, width: number): string {
  return text.replaceAll('\n', `\n${' '.repeat(12 + width)}`)
}

/** Without what XML 1.0 does not allow: a backend may write anything. */
function escape(text: string): string {
  const allowed = text.replaceAll(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, '?')
  return allowed.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}
