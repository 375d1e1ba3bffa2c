// What the console costs tokens: without it, with it while no page is open, and with pages open. One process has a server of each kind, which run
// the same compiled code; what both do without a request, such as timers, is in the figures of both. A new process in each round.
import { median, medianOfEach } from '../median.ts'
import { measurePacedLatency } from '../peers/paced-latency.ts'
import { rotate } from '../rotate.ts'
import { startServerProcess, type Contestant } from '../token/contestant.ts'
import { takeTurn } from '../token/turn.ts'
import { signInConsoles, type OpenConsoles } from './open-consoles.ts'

export const consoleVariants = ['off', 'closed', 'open'] as const
export type ConsoleVariant = (typeof consoleVariants)[number]

export interface ConsoleOptions {
  readonly rounds: number
  /** Of CPU time, and again of latency, for each variant. */
  readonly seconds: number
  readonly warmUpSeconds: number
  readonly connections: number
  /** Pages that are open. */
  readonly consoles: number
  /** Tokens a second while latency is measured. */
  readonly rate: number
}

interface ConsoleTurn {
  readonly tokensPerCpuSecond: number
  readonly p50Milliseconds: number
  readonly p99Milliseconds: number
}

type Round = Readonly<Record<ConsoleVariant, ConsoleTurn>>

export interface ConsoleFigures {
  /** Within a round; the medians of all rounds. */
  readonly closed: { readonly cpuPerToken: number }
  readonly open: { readonly cpuPerToken: number; readonly p99MillisecondsMore: number }
  readonly medians: Round
  readonly rounds: readonly Round[]
}

export async function measureConsole(options: ConsoleOptions, say: (message: string) => void): Promise<ConsoleFigures> {
  const rounds: Round[] = []
  for (let number = 0; number < options.rounds; number++) {
    rounds.push(await playRound(number, options))
    say(JSON.stringify(rounds.at(-1)))
  }
  const ofRounds = (figure: (round: Round) => number) => median(rounds.map(figure))
  const cost = (variant: ConsoleVariant) => ofRounds(({ off, [variant]: other }) => off.tokensPerCpuSecond / other.tokensPerCpuSecond)
  const medianOf = (variant: ConsoleVariant) => medianOfEach(rounds.map((round) => round[variant]))
  return {
    closed: { cpuPerToken: cost('closed') },
    open: { cpuPerToken: cost('open'), p99MillisecondsMore: ofRounds(({ closed, open }) => open.p99Milliseconds - closed.p99Milliseconds) },
    medians: { off: medianOf('off'), closed: medianOf('closed'), open: medianOf('open') },
    rounds,
  }
}

async function playRound(number: number, { consoles, warmUpSeconds, ...options }: ConsoleOptions): Promise<Round> {
  const without = await startServerProcess('../console/two-servers.ts', ['ES256'])
  try {
    const withConsole: Contestant = { ...without, ...without.beside! }
    const openConsoles = await signInConsoles(withConsole, consoles)
    for (const server of [without, withConsole]) await takeTurn(server, { ...options, seconds: warmUpSeconds })
    const [off, closed] = await takeShortTurns([without, withConsole], options)
    const tokensPerCpuSecond = { off: off!, closed: closed! }
    const turns = new Map<ConsoleVariant, ConsoleTurn>()
    for (const variant of rotate(consoleVariants, number)) {
      const server = variant === 'off' ? without : withConsole
      const opened: OpenConsoles | undefined = variant === 'open' ? await openConsoles() : undefined
      const perCpuSecond = variant === 'open' ? (await takeTurn(server, options)).tokensPerCpuSecond : tokensPerCpuSecond[variant]
      const { p50Milliseconds, p99Milliseconds } = await measurePacedLatency(server, options)
      turns.set(variant, { tokensPerCpuSecond: perCpuSecond, p50Milliseconds, p99Milliseconds })
      opened?.close()
    }
    return { off: turns.get('off')!, closed: turns.get('closed')!, open: turns.get('open')! }
  } finally {
    await without.stop()
  }
}

const shortTurnSeconds = 0.5

/** Tokens a second of CPU time of each server, under full load. They alternate faster than the speed of the machine changes. */
async function takeShortTurns(servers: readonly Contestant[], { seconds, connections }: Pick<ConsoleOptions, 'seconds' | 'connections'>) {
  const sums = servers.map(() => ({ requests: 0, cpuSeconds: 0 }))
  for (let number = 0; number < seconds / shortTurnSeconds; number++) {
    for (const which of rotate([...servers.keys()], number)) {
      const { requests, cpuSeconds } = await takeTurn(servers[which]!, { seconds: shortTurnSeconds, connections })
      sums[which]!.requests += requests
      sums[which]!.cpuSeconds += cpuSeconds
    }
  }
  return sums.map(({ requests, cpuSeconds }) => requests / cpuSeconds)
}
