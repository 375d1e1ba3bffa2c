// Measures what an adapter costs over the core: the CPU time of a request to a guarded app, less that of the same app without the guard, and less
// that of `authorize()` alone. The turns are short and alternate, also between the adapters: a disturbance affects single turns, which the median
// drops, and a machine that changes its speed changes it for all of them.
import { fork, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { appNames, type AppName } from './app-names.ts'
import type { AdapterRound } from './measure-one.ts'

export interface AdapterOptions {
  readonly rounds: number
  readonly callsPerTurn: number
  readonly names?: readonly AppName[]
}

/** CPU microseconds. */
interface AdapterCost extends AdapterRound {
  /** Of the adapter over the core: the mean of the quickest quarter of the rounds, as are the others. */
  readonly own: number
  /** The mean of all rounds. */
  readonly ownOfAll: number
}

export interface AdapterFigures {
  readonly adapters: Readonly<Partial<Record<AppName, AdapterCost>>>
}

export async function measureAdapters({ rounds, callsPerTurn, names = appNames }: AdapterOptions): Promise<AdapterFigures> {
  const measured: { readonly name: AppName; readonly process: ChildProcess; readonly rounds: AdapterRound[] }[] = []
  const program = join(import.meta.dirname, 'measure-one.ts')
  try {
    for (const name of names) {
      const started = fork(program, [name, String(callsPerTurn)], { execArgv: [...process.execArgv, ...asBehindSockets] })
      measured.push({ name, process: started, rounds: [] })
      await answerOf(started)
    }
    for (let round = 0; round < rounds; round++)
      for (const one of measured) {
        one.process.send('round')
        one.rounds.push(await answerOf<AdapterRound>(one.process))
      }
  } finally {
    for (const one of measured) one.process.kill()
  }
  return { adapters: Object.fromEntries(measured.map(({ name, rounds: its }) => [name, toCost(its)])) }
}

/**
 * V8 takes requests that a loop makes for ones that live long, and places them where only a full collection looks: all that the guard adds to them
 * then survives too. Requests over sockets leave nothing behind at a collection, with the guard or without.
 */
const asBehindSockets = ['--no-allocation-site-pretenuring']

/** @throws Error if the process ends */
async function answerOf<Answer>(asked: ChildProcess): Promise<Answer> {
  const done = new AbortController()
  const { signal } = done
  const ended = once(asked, 'exit', { signal }).then(([code]) => {
    throw new Error(`A measuring process ended with ${String(code)}`)
  })
  try {
    const [answer] = (await Promise.race([once(asked, 'message', { signal }), ended])) as [Answer]
    return answer
  } finally {
    done.abort()
  }
}

function toCost(rounds: readonly AdapterRound[]): AdapterCost {
  const quickest = rounds.toSorted((one, other) => othersIn(one) - othersIn(other)).slice(0, Math.ceil(rounds.length / 4))
  const meanOf = (valueOf: (round: AdapterRound) => number) => mean(quickest.map(valueOf))
  return {
    core: meanOf(({ core }) => core),
    withoutGuard: meanOf(({ withoutGuard }) => withoutGuard),
    withGuard: meanOf(({ withGuard }) => withGuard),
    own: meanOf(ownIn),
    ownOfAll: mean(rounds.map(ownIn)),
  }
}

/** What the rounds are chosen by must not be what is measured: the smaller this is, the larger the difference to it. */
function othersIn({ core, withoutGuard }: AdapterRound): number {
  return core + withoutGuard
}

function ownIn(round: AdapterRound): number {
  return round.withGuard - othersIn(round)
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}
