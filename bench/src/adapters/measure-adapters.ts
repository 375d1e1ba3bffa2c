// Measures what an adapter costs over the core: the CPU time of a request to a guarded app, less that of the same app without the guard, and less
// that of `authorize()` alone. The turns are short and alternate, so that a disturbance affects single turns, which the median drops.
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { median } from '../median.ts'
import { appNames, type AppName } from './app-names.ts'
import type { AdapterRound } from './measure-one.ts'

export interface AdapterOptions {
  readonly rounds: number
  readonly callsPerTurn: number
  readonly names?: readonly AppName[]
}

/** CPU microseconds. */
interface AdapterCost extends AdapterRound {
  /** Of the adapter over the core: the median of the rounds. */
  readonly own: number
  readonly rounds: readonly AdapterRound[]
}

export interface AdapterFigures {
  readonly adapters: Readonly<Partial<Record<AppName, AdapterCost>>>
}

export async function measureAdapters({ rounds, callsPerTurn, names = appNames }: AdapterOptions): Promise<AdapterFigures> {
  const adapters: Partial<Record<AppName, AdapterCost>> = {}
  for (const name of names) {
    const program = join(import.meta.dirname, 'measure-one.ts')
    const args = [...process.execArgv, program, name, String(rounds), String(callsPerTurn)]
    const { stdout } = await promisify(execFile)(process.execPath, args, { maxBuffer: 10_000_000 })
    adapters[name] = toCost(JSON.parse(stdout) as AdapterRound[])
  }
  return { adapters }
}

function toCost(rounds: readonly AdapterRound[]): AdapterCost {
  const medianOf = (valueOf: (round: AdapterRound) => number) => median(rounds.map(valueOf))
  return {
    core: medianOf(({ core }) => core),
    withoutGuard: medianOf(({ withoutGuard }) => withoutGuard),
    withGuard: medianOf(({ withGuard }) => withGuard),
    own: medianOf(({ core, withoutGuard, withGuard }) => withGuard - withoutGuard - core),
    rounds,
  }
}
