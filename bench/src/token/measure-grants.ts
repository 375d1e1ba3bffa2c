// What a grant costs: tokens of three clients of one server, which take turns in one run. The clients differ only in what their tokens say
// beside the claims of the profile: nothing, a claim set, or the same as a grant of their own.
import { medianOfEach } from '../median.ts'
import { rotate } from '../rotate.ts'
import { openConnection } from './connection.ts'
import { startContestant, type Contestant } from './contestant.ts'
import type { TokenOptions } from './measure-tokens.ts'
import type { Algorithm } from './scenario.ts'
import { takeTurn, type Turn } from './turn.ts'

export const grantVariants = ['withoutGrant', 'claimSet', 'ownGrant'] as const
export type GrantVariant = (typeof grantVariants)[number]

export type GrantRound = Readonly<Record<GrantVariant, Turn>>

/** CPU time of a token divided by that of a token without a grant. */
export interface CostRatio {
  /** Of the medians of all rounds. */
  readonly ofMedians: number
  /** The least and the most of a single round. */
  readonly lowest: number
  readonly highest: number
}

export interface GrantsOfAlgorithm {
  readonly costs: { readonly claimSet: CostRatio; readonly ownGrant: CostRatio }
  readonly medians: GrantRound
  readonly rounds: readonly GrantRound[]
}

export interface GrantFigures {
  /** Length of the claims of a token, as JSON. */
  readonly claimsBytes: Readonly<Record<GrantVariant, number>>
  readonly ES256: GrantsOfAlgorithm
  readonly RS256: GrantsOfAlgorithm
}

export async function measureGrants(options: TokenOptions): Promise<GrantFigures> {
  const { claimsBytes, ...ES256 } = await measureAlgorithm('ES256', options)
  const { claimsBytes: _, ...RS256 } = await measureAlgorithm('RS256', options)
  return { claimsBytes, ES256, RS256 }
}

async function measureAlgorithm(algorithm: Algorithm, options: TokenOptions) {
  const server = await startContestant('countersign', algorithm, options.profileDirectory)
  try {
    const clients = clientsOf(server)
    const claimsBytes = {
      withoutGrant: await countClaims(clients.withoutGrant),
      claimSet: await countClaims(clients.claimSet),
      ownGrant: await countClaims(clients.ownGrant),
    }
    return { claimsBytes, ...summarize(await playRounds(clients, options)) }
  } finally {
    await server.stop()
  }
}

type Clients = Readonly<Record<GrantVariant, Contestant>>

/** The server as each of its clients uses it. */
function clientsOf(server: Contestant): Clients {
  if (!server.granted) throw new TypeError('The server has no clients with a grant')
  const { claimSet, ownGrant } = server.granted
  return { withoutGrant: server, claimSet: { ...server, form: claimSet }, ownGrant: { ...server, form: ownGrant } }
}

async function countClaims(contestant: Contestant): Promise<number> {
  const connection = await openConnection(contestant)
  const { access_token: token } = JSON.parse(await connection.exchange()) as { access_token: string }
  connection.close()
  return Buffer.from(token.split('.')[1]!, 'base64url').length
}

async function playRounds(clients: Clients, options: TokenOptions): Promise<GrantRound[]> {
  for (const name of grantVariants) await takeTurn(clients[name], { ...options, seconds: options.warmUpSeconds })
  const rounds: GrantRound[] = []
  for (let round = 0; round < options.rounds; round++) {
    const turns: [GrantVariant, Turn][] = []
    for (const name of rotate(grantVariants, round)) turns.push([name, await takeTurn(clients[name], options)])
    rounds.push(Object.fromEntries(turns) as GrantRound)
  }
  return rounds
}

function summarize(rounds: readonly GrantRound[]): GrantsOfAlgorithm {
  const costOf = (round: GrantRound, name: GrantVariant) => round.withoutGrant.tokensPerCpuSecond / round[name].tokensPerCpuSecond
  const medians = Object.fromEntries(grantVariants.map((name) => [name, medianOfEach(rounds.map((round) => round[name]))])) as GrantRound
  const ratioOf = (name: GrantVariant): CostRatio => {
    const costs = rounds.map((round) => costOf(round, name))
    return { ofMedians: costOf(medians, name), lowest: Math.min(...costs), highest: Math.max(...costs) }
  }
  return { costs: { claimSet: ratioOf('claimSet'), ownGrant: ratioOf('ownGrant') }, medians, rounds }
}
