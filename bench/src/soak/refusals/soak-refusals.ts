// Refusals, from the guard to the explanation: three processes and five guards, one case for each reason, at a steady rate; then a flood.
import { pause } from '../faults/pause.ts'
import { compile } from '../compiled-server.ts'
import { flood, type FloodOptions } from './flood.ts'
import { refuseAndExplain, type ExplainOptions } from './refuse-and-explain.ts'
import { prepareCases } from './refusal-cases.ts'
import { startRefusalCluster } from './refusal-cluster.ts'

export interface RefusalOptions extends ExplainOptions {
  readonly isCompiled: boolean
  readonly guards: number
  /** A token expires meanwhile, which takes a minute; otherwise for a guard whose clock is ahead. */
  readonly waitsForExpiry: boolean
  /** Refusals are explained to the page of the console. */
  readonly asPage?: boolean
  /** Without it there is no flood. */
  readonly flood?: FloodOptions
}

/** A token of a minute is then expired for every guard. */
const untilExpiredMs = 70_000

export async function soakRefusals(options: RefusalOptions, say: (progress: string) => void) {
  const { isCompiled, guards, waitsForExpiry } = options
  if (isCompiled) compile(say)
  const cluster = await startRefusalCluster(options)
  try {
    const cases = await prepareCases(cluster, waitsForExpiry)
    say(`refusals: ${cases.length} cases`)
    if (waitsForExpiry) await pause(untilExpiredMs)
    const explained = await refuseAndExplain(cluster, cases, options, say)
    const flooded = options.flood && (await flood(cluster, await cluster.aCompany('bystander'), options.flood, say))
    return { nodes: cluster.nodes.length, guards, explained, ...(flooded && { flood: flooded }) }
  } finally {
    await cluster.close()
  }
}
