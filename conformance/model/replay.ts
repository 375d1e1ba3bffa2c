// Checks a recorded run by the invariants of the model.
import { readFileSync } from 'node:fs'
import { judge, type InvariantName } from './invariants.ts'
import { factsOf } from './recorded-facts.ts'
import type { RunStep, Step } from './steps.ts'

export interface Finding {
  readonly invariant: InvariantName
  readonly what: string
  readonly step: Step
}

export interface Replay {
  readonly name: string
  /** How many there are of each kind: a run that shows nothing is seen by that. */
  readonly steps: Readonly<Record<string, number>>
  /** Decisions on tokens that no step gave out, which cannot be checked. */
  readonly unknownTokens: number
  readonly findings: readonly Finding[]
}

/** @param files of one run; each begins with the same step "run" */
export function replayFiles(files: readonly string[]): Replay {
  const lines = files.flatMap((file) => readLines(file))
  const [run, ...others] = lines.filter((line) => line.step === 'run')
  if (!run) throw new Error(`There is no step "run" in ${files.join(', ')}`)
  const isOther = ({ name, bounds }: RunStep) => name !== run.name || JSON.stringify(bounds) !== JSON.stringify(run.bounds)
  if (others.some(isOther)) throw new Error(`The files ${files.join(', ')} are of several runs`)
  return replay(
    run,
    lines.filter((line) => line.step !== 'run'),
  )
}

function readLines(file: string): (Step | RunStep)[] {
  const texts = readFileSync(file, 'utf8').split('\n')
  return texts.flatMap((text, index) => (text === '' ? [] : parseLine(text, `${file}:${index + 1}`)))
}

const kinds = 'run issued denied decided ended begun key published seen cut joined started stopped'.split(' ')

function parseLine(text: string, place: string): Step | RunStep {
  const line = JSON.parse(text) as Step | RunStep
  if (!kinds.includes(line.step)) throw new Error(`${place}: there is no step "${line.step}"`)
  if (line.step !== 'run' && !(line.from <= line.to)) throw new Error(`${place}: it ends before it begins`)
  return line
}

export function replay({ name, bounds }: Pick<RunStep, 'name' | 'bounds'>, steps: readonly Step[]): Replay {
  const facts = factsOf(steps, bounds)
  const counts: Record<string, number> = {}
  const findings: Finding[] = []
  let unknownTokens = 0
  for (const step of steps.toSorted((one, other) => one.to - other.to)) {
    const kind = step.step === 'decided' ? step.outcome : step.step
    counts[kind] = (counts[kind] ?? 0) + 1
    if (step.step === 'decided' && !facts.token(step.token)) unknownTokens++
    const wrong = judge(step, facts)
    if (wrong) findings.push({ ...wrong, step })
  }
  return { name, steps: counts, unknownTokens, findings }
}
