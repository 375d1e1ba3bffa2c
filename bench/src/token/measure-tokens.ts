// Tokens per CPU-second of this server, of the floor and of oidc-provider, and of signing alone. All take turns in one run, again and
// again, so that a noisy machine disturbs all of them; ratios are computed within a round.
import { median, medianOfEach } from '../median.ts'
import { rotate } from '../rotate.ts'
import { openConnection } from './connection.ts'
import { serverNames, startContestant, type Contestant, type ServerName } from './contestant.ts'
import type { Algorithm } from './scenario.ts'
import { generatePrivateKey, measureSigning, type SigningTurn } from './signing.ts'
import { takeTurn, type Turn } from './turn.ts'

export interface TokenOptions {
  readonly rounds: number
  /** Of each turn. */
  readonly seconds: number
  readonly warmUpSeconds: number
  readonly connections: number
  readonly profileDirectory?: string | undefined
}

export type Round = Readonly<Record<ServerName, Turn>> & { readonly signing: SigningTurn }

export interface AlgorithmFigures {
  /** This server's tokens per CPU-second divided by those of each other contestant, by round; the median of all rounds. */
  readonly ratios: { readonly floor: number; readonly oidcProvider: number; readonly signing: number }
  readonly medians: Readonly<Record<ServerName, Turn>> & { readonly signing: SigningTurn }
  readonly rounds: readonly Round[]
}

/** The figures of ES256, with those of RS256 beside them. */
export interface TokenFigures extends AlgorithmFigures {
  readonly rs256: AlgorithmFigures
}

export async function measureTokens(options: TokenOptions): Promise<TokenFigures> {
  return { ...(await measureAlgorithm('ES256', options)), rs256: await measureAlgorithm('RS256', options) }
}

async function measureAlgorithm(algorithm: Algorithm, options: TokenOptions): Promise<AlgorithmFigures> {
  const contestants = await startContestants(algorithm, options.profileDirectory)
  try {
    return summarize(await playRounds(algorithm, contestants, options))
  } finally {
    await Promise.all(Object.values(contestants).map((contestant) => contestant.stop()))
  }
}

type Contestants = Readonly<Record<ServerName, Contestant>>

async function startContestants(algorithm: Algorithm, profileDirectory: string | undefined): Promise<Contestants> {
  const [floor, countersign, oidcProvider] = await Promise.all([
    startContestant('floor', algorithm, profileDirectory),
    startContestant('countersign', algorithm, profileDirectory),
    startContestant('oidcProvider', algorithm, profileDirectory),
  ])
  return { floor, countersign, oidcProvider }
}

async function playRounds(algorithm: Algorithm, contestants: Contestants, options: TokenOptions): Promise<Round[]> {
  const key = generatePrivateKey(algorithm)
  const input = await signingInputOf(contestants.countersign)
  for (const name of serverNames) await takeTurn(contestants[name], { ...options, seconds: options.warmUpSeconds })

  const rounds: Round[] = []
  for (let round = 0; round < options.rounds; round++) {
    const turns = new Map<ServerName, Turn>()
    // The servers take turns at being first: the one after the signing finds other content in the CPU caches.
    for (const name of rotate(serverNames, round)) turns.set(name, await takeTurn(contestants[name], options))
    rounds.push({
      floor: turns.get('floor')!,
      countersign: turns.get('countersign')!,
      oidcProvider: turns.get('oidcProvider')!,
      signing: measureSigning(key, input, options.seconds / 4),
    })
  }
  return rounds
}

/** The signed part of a token (RFC 7515 §5.1). */
async function signingInputOf(contestant: Contestant): Promise<string> {
  const connection = await openConnection(contestant)
  const { access_token: token } = JSON.parse(await connection.exchange()) as { access_token: string }
  connection.close()
  return token.slice(0, token.lastIndexOf('.'))
}

function summarize(rounds: readonly Round[]): AlgorithmFigures {
  const ratioTo = (rateOf: (round: Round) => number) => median(rounds.map((round) => round.countersign.tokensPerCpuSecond / rateOf(round)))
  return {
    ratios: {
      floor: ratioTo(({ floor }) => floor.tokensPerCpuSecond),
      oidcProvider: ratioTo(({ oidcProvider }) => oidcProvider.tokensPerCpuSecond),
      signing: ratioTo(({ signing }) => signing.signaturesPerCpuSecond),
    },
    medians: {
      floor: medianOfEach(rounds.map(({ floor }) => floor)),
      countersign: medianOfEach(rounds.map(({ countersign }) => countersign)),
      oidcProvider: medianOfEach(rounds.map(({ oidcProvider }) => oidcProvider)),
      signing: medianOfEach(rounds.map(({ signing }) => signing)),
    },
    rounds,
  }
}
