// Measures the cost of a decision, for a cached token and for a new one, compared with verification alone by jose and fast-jwt. The
// turns are short and alternate, so that a disturbance affects single turns, which the median drops.
import { median } from '../median.ts'
import { issuers } from './realm.ts'
import {
  fastJwtVerifier,
  guardVerifier,
  joseVerifier,
  refusingVerifier,
  remoteVerifier,
  signatureVerifier,
  type Verifier,
} from './verifiers.ts'

export interface GuardOptions {
  readonly rounds: number
  readonly callsPerTurn: number
}

const names = [
  'guardRemembered',
  'guardOfThreeIssuersRemembered',
  'remoteWithoutReports',
  'remoteWithReports',
  'refusedWithoutReports',
  'refusedWithReports',
  'guardNew',
  'joseNew',
  'fastJwtNew',
  'fastJwtRemembered',
  'signatureAlone',
] as const
type Name = (typeof names)[number]
type Microseconds = Readonly<Record<Name, number>>

export interface GuardFigures {
  /** Wall-clock time per decision, in sequence: the median of all rounds. */
  readonly microseconds: Microseconds
  /** The same by the CPU time of the process, all its threads. */
  readonly cpuMicroseconds: Microseconds
  /** CPU time of a remembered token at a guard of three issuers, divided by that at a guard of one: the median of the rounds. */
  readonly threeIssuersRatio: number
  readonly rounds: readonly { readonly microseconds: Microseconds; readonly cpuMicroseconds: Microseconds }[]
}

/** A cached token costs a fraction of a new one, so its turns have more decisions. */
const rememberedCallsPerNewCall = 20

export async function measureGuard({ rounds: count, callsPerTurn }: GuardOptions): Promise<GuardFigures> {
  const warmUpRounds = 2
  const [one] = issuers
  const newTokens = one.mintTokens((warmUpRounds + count) * callsPerTurn)
  const sameTokens = repeat(one.mintTokens(3), callsPerTurn * rememberedCallsPerNewCall)
  const sameTokensOfThree = repeat(
    issuers.flatMap((issuer) => issuer.mintTokens(1)),
    sameTokens.length,
  )
  const guard = guardVerifier([one])
  const contestants: Record<Name, { verify: Verifier; remembered?: readonly string[] }> = {
    guardRemembered: { verify: guard, remembered: sameTokens },
    guardOfThreeIssuersRemembered: { verify: guardVerifier(issuers), remembered: sameTokensOfThree },
    remoteWithoutReports: { verify: remoteVerifier(one, false), remembered: sameTokens },
    remoteWithReports: { verify: remoteVerifier(one, true), remembered: sameTokens },
    refusedWithoutReports: { verify: refusingVerifier(one, false), remembered: sameTokens },
    refusedWithReports: { verify: refusingVerifier(one, true), remembered: sameTokens },
    guardNew: { verify: guard },
    joseNew: { verify: await joseVerifier(one) },
    fastJwtNew: { verify: fastJwtVerifier(one, { cache: false }) },
    fastJwtRemembered: { verify: fastJwtVerifier(one, { cache: true }), remembered: sameTokens },
    signatureAlone: { verify: signatureVerifier(one) },
  }

  const rounds: GuardFigures['rounds'][number][] = []
  for (let round = 0; round < warmUpRounds + count; round++) {
    const unseen = newTokens.slice(round * callsPerTurn, (round + 1) * callsPerTurn)
    const turns = new Map<Name, Turn>()
    // Every other round in the opposite order, because a turn may warm caches for the next.
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const { verify, remembered = unseen } = contestants[name]
      turns.set(name, await takeTurn(verify, remembered))
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
    threeIssuersRatio: median(counted.map(({ cpuMicroseconds: of }) => of.guardOfThreeIssuersRemembered / of.guardRemembered)),
    rounds: counted,
  }
}

function repeat(tokens: readonly string[], length: number): string[] {
  return Array.from({ length }, (_, index) => tokens[index % tokens.length]!)
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
