// Measures the cost of a decision, for a cached token and for a new one, compared with verification alone by jose and fast-jwt. The
// turns are short and alternate, so that a disturbance affects single turns, which the median drops.
import { median } from '../median.ts'
import { mintTokens } from './realm.ts'
import { fastJwtVerifier, guardVerifier, joseVerifier, signatureVerifier, type Verifier } from './verifiers.ts'

export interface GuardOptions {
  readonly rounds: number
  readonly callsPerTurn: number
}

const names = ['guardRemembered', 'guardNew', 'joseNew', 'fastJwtNew', 'fastJwtRemembered', 'signatureAlone'] as const
type Name = (typeof names)[number]
type Microseconds = Readonly<Record<Name, number>>

export interface GuardFigures {
  /** Wall-clock time per decision, in sequence: the median of all rounds. */
  readonly microseconds: Microseconds
  /** The same by the CPU time of the process, all its threads. */
  readonly cpuMicroseconds: Microseconds
  readonly rounds: readonly { readonly microseconds: Microseconds; readonly cpuMicroseconds: Microseconds }[]
}

/** A cached token costs a fraction of a new one, so its turns have more decisions. */
const rememberedCallsPerNewCall = 20

export async function measureGuard({ rounds: count, callsPerTurn }: GuardOptions): Promise<GuardFigures> {
  const warmUpRounds = 2
  const newTokens = mintTokens((warmUpRounds + count) * callsPerTurn)
  const [oneToken = ''] = mintTokens(1)
  const sameToken = Array.from({ length: callsPerTurn * rememberedCallsPerNewCall }, () => oneToken)
  const guard = guardVerifier()
  const contestants: Record<Name, { verify: Verifier; remembers: boolean }> = {
    guardRemembered: { verify: guard, remembers: true },
    guardNew: { verify: guard, remembers: false },
    joseNew: { verify: await joseVerifier(), remembers: false },
    fastJwtNew: { verify: fastJwtVerifier({ cache: false }), remembers: false },
    fastJwtRemembered: { verify: fastJwtVerifier({ cache: true }), remembers: true },
    signatureAlone: { verify: signatureVerifier(), remembers: false },
  }

  const rounds: GuardFigures['rounds'][number][] = []
  for (let round = 0; round < warmUpRounds + count; round++) {
    const unseen = newTokens.slice(round * callsPerTurn, (round + 1) * callsPerTurn)
    const turns = new Map<Name, Turn>()
    for (const name of names) {
      const { verify, remembers } = contestants[name]
      turns.set(name, await takeTurn(verify, remembers ? sameToken : unseen))
    }
    rounds.push({
      microseconds: byName((name) => turns.get(name)!.microseconds),
      cpuMicroseconds: byName((name) => turns.get(name)!.cpuMicroseconds),
    })
  }

  const counted = rounds.slice(warmUpRounds)
  return {
    microseconds: byName((name) => median(counted.map((round) => round.microseconds[name]))),
    cpuMicroseconds: byName((name) => median(counted.map((round) => round.cpuMicroseconds[name]))),
    rounds: counted,
  }
}

interface Turn {
  readonly microseconds: number
  readonly cpuMicroseconds: number
}

async function takeTurn(verify: Verifier, tokens: readonly string[]): Promise<Turn> {
  const cpuBefore = process.cpuUsage()
  const startedAt = performance.now()
  for (const token of tokens) {
    const verdict = verify(token)
    if (verdict instanceof Promise) await verdict // An await of a synchronous result would add its own cost.
  }
  const milliseconds = performance.now() - startedAt
  const { user, system } = process.cpuUsage(cpuBefore)
  return { microseconds: (milliseconds * 1000) / tokens.length, cpuMicroseconds: (user + system) / tokens.length }
}

function byName(valueOf: (name: Name) => number): Microseconds {
  return Object.fromEntries(names.map((name) => [name, valueOf(name)])) as Record<Name, number>
}
