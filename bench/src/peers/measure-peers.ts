// Tokens per CPU-second of this server as its command starts, of floors of the same work in other languages, and of other authorization
// servers as they come. All take turns in one run; ratios are computed within a round.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { median, medianOfEach } from '../median.ts'
import { rotate } from '../rotate.ts'
import { isDeepStrictEqual } from 'node:util'
import { startContestant, type Contestant } from '../token/contestant.ts'
import { describeAnswer } from '../token/describe-answer.ts'
import { algorithms, type Algorithm } from '../token/scenario.ts'
import { generatePrivateKey, measureSigning } from '../token/signing.ts'
import { takeTurn, type Turn } from '../token/turn.ts'
import { buildCommand } from './built-command.ts'
import { countersign, countersignOnPostgres } from './countersign.ts'
import { goFloor, rustFloor } from './floors.ts'
import { hydra } from './hydra.ts'
import { keycloak } from './keycloak.ts'
import { measurePacedLatency, type PacedLatency } from './paced-latency.ts'
import { MissingProgramError, type Peer } from './peer.ts'

export interface PeersOptions {
  readonly rounds: number
  /** Of each turn. */
  readonly seconds: number
  /** Virtual machines compile for longer than Node. */
  readonly warmUpSeconds: number
  readonly connections: number
}

export interface PeerTurn extends Turn {
  readonly cpuMicrosecondsPerToken: number
  /** Of a database in processes of its own; 0 without one. */
  readonly databaseMicrosecondsPerToken: number
}

export interface AlgorithmOfPeers {
  /** Microseconds of one signature alone, by node:crypto. */
  readonly signatureMicroseconds: number
  /** This server's tokens per CPU-second divided by those of each peer, by round; the median of all rounds. */
  readonly ratios: Readonly<Record<string, number>>
  readonly medians: Readonly<Record<string, PeerTurn>>
  readonly rounds: readonly Readonly<Record<string, PeerTurn>>[]
  /** Of this server and of a floor, at 70 % of the tokens per second that this server reached; the medians of all rounds. */
  readonly paced: Readonly<Record<string, PacedLatency>>
}

export interface PeersFigures {
  readonly what: Readonly<Record<string, string>>
  /** Peers that could not run on this machine, with the reason. */
  readonly skipped: Readonly<Record<string, string>>
  readonly ES256: AlgorithmOfPeers
  readonly RS256: AlgorithmOfPeers
}

const oidcProvider: Peer = {
  name: 'oidcProvider',
  what: 'oidc-provider, in memory; no audit row',
  algorithms,
  start: (algorithm) => startContestant('oidcProvider', algorithm),
}

const nodeFloor: Peer = {
  name: 'nodeFloor',
  what: 'node:http alone: no store, no audit row, no access log',
  algorithms,
  start: (algorithm) => startContestant('floor', algorithm),
}

const peers: readonly Peer[] = [countersign, countersignOnPostgres, nodeFloor, goFloor, rustFloor, oidcProvider, keycloak, hydra]
const loadShare = 0.7
const pacedNames = new Set(['countersign', 'goFloor'])

export async function measurePeers(options: PeersOptions, say: (progress: string) => void): Promise<PeersFigures> {
  say('building the command')
  buildCommand()
  const skipped: Record<string, string> = {}
  const figures = {
    ES256: await measureAlgorithm('ES256', options, skipped, say),
    RS256: await measureAlgorithm('RS256', options, skipped, say),
  }
  return { what: Object.fromEntries(peers.map(({ name, what }) => [name, what])), skipped, ...figures }
}

async function measureAlgorithm(
  algorithm: Algorithm,
  options: PeersOptions,
  skipped: Record<string, string>,
  say: (progress: string) => void,
): Promise<AlgorithmOfPeers> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-peers-'))
  const started = new Map<string, Contestant>()
  try {
    for (const peer of peers.filter(({ name, algorithms }) => algorithms.includes(algorithm) && skipped[name] === undefined)) {
      say(`${algorithm}: starting ${peer.name}`)
      try {
        started.set(peer.name, await peer.start(algorithm, mkdtempSync(join(folder, `${peer.name}-`))))
      } catch (error) {
        if (!(error instanceof MissingProgramError)) throw error
        skipped[peer.name] = error.message
        say(`${peer.name} is left out: ${error.message}`)
      }
    }
    await checkFloors(started)
    return await playRounds(algorithm, started, options, say)
  } finally {
    await Promise.all([...started.values()].map((peer) => peer.stop()))
    rmSync(folder, { recursive: true, force: true })
  }
}

/** A floor whose response has other members or claims would do other work. */
async function checkFloors(started: ReadonlyMap<string, Contestant>): Promise<void> {
  const ours = await describeAnswer(started.get('countersign')!)
  for (const { name } of [nodeFloor, goFloor, rustFloor]) {
    const floor = started.get(name)
    const answer = floor && (await describeAnswer(floor))
    if (answer && !isDeepStrictEqual(answer, ours)) throw new Error(`${name} does not answer as this server: ${JSON.stringify(answer)}`)
  }
}

async function playRounds(
  algorithm: Algorithm,
  started: ReadonlyMap<string, Contestant>,
  options: PeersOptions,
  say: (progress: string) => void,
): Promise<AlgorithmOfPeers> {
  const names = [...started.keys()]
  for (const [name, peer] of started) {
    say(`${algorithm}: warming up ${name}`)
    await takeTurn(peer, { ...options, seconds: options.warmUpSeconds })
  }
  const rounds: Record<string, PeerTurn>[] = []
  for (let round = 0; round < options.rounds; round++) {
    say(`${algorithm}: round ${round + 1} of ${options.rounds}`)
    const turns: [string, PeerTurn][] = []
    for (const name of rotate(names, round)) turns.push([name, await takePeerTurn(started.get(name)!, options)])
    rounds.push(Object.fromEntries(turns))
  }
  const medians = Object.fromEntries(names.map((name) => [name, medianOfEach(rounds.map((round) => round[name]!))]))
  const ratioTo = (name: string) =>
    median(rounds.map((round) => round['countersign']!.tokensPerCpuSecond / round[name]!.tokensPerCpuSecond))
  const rate = medians['countersign']!.tokensPerSecond * loadShare
  const pace = { ...options, rate }
  const paced: Record<string, PacedLatency[]> = {}
  for (let round = 0; round < options.rounds; round++) {
    say(`${algorithm}: latency at ${Math.round(rate)} tokens per second, round ${round + 1} of ${options.rounds}`)
    for (const name of names.filter((name) => pacedNames.has(name)))
      (paced[name] ??= []).push(await measurePacedLatency(started.get(name)!, pace))
  }
  return {
    signatureMicroseconds: 1e6 / measureSigning(generatePrivateKey(algorithm), 'x'.repeat(700), 1).signaturesPerCpuSecond,
    ratios: Object.fromEntries(names.map((name) => [name, ratioTo(name)])),
    medians,
    rounds,
    paced: Object.fromEntries(Object.entries(paced).map(([name, all]) => [name, medianOfEach(all)])),
  }
}

async function takePeerTurn(peer: Contestant, options: PeersOptions): Promise<PeerTurn> {
  const turn = await takeTurn(peer, options)
  return {
    ...turn,
    cpuMicrosecondsPerToken: 1e6 / turn.tokensPerCpuSecond,
    databaseMicrosecondsPerToken: (turn.databaseSeconds / turn.requests) * 1e6,
  }
}
