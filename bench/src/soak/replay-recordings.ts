// Checks what a soak recorded against the invariants of the protocol (conformance/model).
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { replayFiles, type Finding } from '../../../conformance/model/replay.ts'

export interface ReplayFigures {
  readonly recordings: number
  /** By kind. */
  readonly steps: Readonly<Record<string, number>>
  /** Decisions on tokens of which no step tells that they were issued. */
  readonly unknownTokens: number
  /** Steps that an invariant forbids, by its name. */
  readonly violations: Readonly<Record<string, number>>
  /** The first of them. */
  readonly examples: readonly string[]
}

const maxExamples = 5

/** @param folder of files; those whose first lines are equal are one recording */
export function replayRecordings(folder: string): ReplayFigures {
  const files = readdirSync(folder).map((name) => join(folder, name))
  const replays = Object.values(Object.groupBy(files, firstLineOf)).map((ofOne) => replayFiles(ofOne!))
  const findings = replays.flatMap((replay) => replay.findings)
  return {
    recordings: replays.length,
    steps: sumOf(replays.map(({ steps }) => steps)),
    unknownTokens: replays.reduce((sum, { unknownTokens }) => sum + unknownTokens, 0),
    violations: sumOf(findings.map(({ invariant }) => ({ [invariant]: 1 }))),
    examples: findings.slice(0, maxExamples).map(describe),
  }
}

function firstLineOf(file: string): string {
  return readFileSync(file, 'utf8').split('\n', 1)[0]!
}

function sumOf(counts: readonly Readonly<Record<string, number>>[]): Record<string, number> {
  const sum: Record<string, number> = {}
  for (const [name, count] of counts.flatMap((one) => Object.entries(one))) sum[name] = (sum[name] ?? 0) + count
  return sum
}

function describe({ invariant, what, step: { from, to } }: Finding): string {
  return `${invariant}: ${what}, from ${new Date(from).toISOString()} to ${new Date(to).toISOString()}`
}
