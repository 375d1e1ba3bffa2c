// `npm run soak`: the long runs, each with a result in bench/results/soak-<name>.json. The runs are in the files of this folder.
import { parseArgs } from 'node:util'
import { describeMachine, writeResult } from '../result.ts'
import { soakAssertions } from './assertions.ts'
import { soakFaults } from './faults/soak-faults.ts'
import { soakFeed } from './feed/soak-feed.ts'
import { soakGrantsMemory } from './grants-memory.ts'
import { soakKill } from './kill.ts'
import { soakLease } from './lease.ts'
import { soakManyClientsOnPostgres, soakManyClientsOnSqlite } from './many-clients.ts'
import { soakNodeLoss } from './node-loss.ts'
import { soakOutage } from './outage.ts'
import { soakPropagation } from './propagation.ts'
import { soakRefusals } from './refusals/soak-refusals.ts'
import { soakRotation } from './rotation.ts'
import { soakSigningKeys } from './signing-keys/soak-signing-keys.ts'

type Say = (progress: string) => void

/** Of `faults` only. */
interface Choice {
  readonly seed?: number | undefined
  readonly seconds?: number | undefined
  readonly only?: string | undefined
}

/** Of each run of the feed. */
const feed = {
  isCompiled: true,
  processes: 2,
  perSecond: 5,
  deciders: 10,
  kills: 3,
  entitlementSeconds: 5,
  boundSeconds: 30,
  settleMs: 8000,
}
/** As many as the kernel takes for all of them, and more for each than it takes. */
const unread = [
  { readers: 1000, changes: 5000 },
  { readers: 100, changes: 60_000 },
]
/** Of each run of the signing keys. */
const signingKeys = { isCompiled: true, guards: 3, publishBeforeSeconds: 15, heldBackSeconds: 15, lifetimeSeconds: 15 }

const soaks: Record<string, (isQuick: boolean, say: Say, choice: Choice) => Promise<object>> = {
  propagation: (isQuick, say) => soakPropagation({ trials: isQuick ? 40 : 1000, atOnce: 10 }, say),
  lease: (isQuick, say) => soakLease({ cuts: isQuick ? 2 : 10, clientsPerCut: isQuick ? 10 : 100 }, say),
  'kill-sqlite': (isQuick, say) => soakKill({ store: 'sqlite', kills: isQuick ? 5 : 100, maxDelayMs: 500, killsPerCheck: 10 }, say),
  'kill-postgres': (isQuick, say) => soakKill({ store: 'postgres', kills: isQuick ? 5 : 100, maxDelayMs: 2000, killsPerCheck: 10 }, say),
  'many-clients-sqlite': (isQuick, say) =>
    soakManyClientsOnSqlite(isQuick ? { clients: 5000, requests: 3000 } : { clients: 100_000, requests: 10_000 }, say),
  'many-clients-postgres': (isQuick, say) =>
    soakManyClientsOnPostgres(
      isQuick ? { few: 1000, many: 40_000, requests: 3000 } : { few: 1000, many: 1_000_000, requests: 10_000 },
      say,
    ),
  'grants-memory': (isQuick, say) =>
    soakGrantsMemory(
      isQuick ? { clients: 1000, requestsPerClient: 1, rounds: 1 } : { clients: 10_000, requestsPerClient: 2, rounds: 9 },
      say,
    ),
  outage: (isQuick, say) => soakOutage({ seconds: isQuick ? 6 : 60 }, say),
  'node-loss': (isQuick, say) => soakNodeLoss({ kills: isQuick ? 3 : 60, backends: 10 }, say),
  assertions: (isQuick, say) => soakAssertions({ assertions: isQuick ? 20 : 100, presentations: 200, atOnce: 5 }, say),
  faults: (isQuick, say, { seed = Date.now() % 1_000_000, seconds = isQuick ? 60 : 1800, only }) =>
    soakFaults({ seed, seconds, longestSeconds: isQuick ? 12 : 15, hugeMebibytes: isQuick ? 4 : 32, only }, say),
  'signing-keys': (isQuick, say) =>
    soakSigningKeys(
      isQuick ? { ...signingKeys, realms: 2, rotations: 8, compromises: 2 } : { ...signingKeys, realms: 3, rotations: 50, compromises: 10 },
      say,
    ),
  feed: (isQuick, say) =>
    soakFeed(
      isQuick
        ? { ...feed, guards: 100, revocations: 100, clientsOfLargeOrganization: 5000, unread: [{ readers: 30, changes: 1000 }] }
        : { ...feed, guards: 1000, revocations: 1000, clientsOfLargeOrganization: 100_000, unread },
      say,
    ),
  refusals: (isQuick, say) =>
    soakRefusals(
      isQuick
        ? {
            isCompiled: true,
            guards: 5,
            waitsForExpiry: true,
            refusals: 400,
            perSecond: 100,
            flood: { perSecond: 2000, seconds: 10, addresses: 200, routes: 2 },
          }
        : {
            isCompiled: true,
            guards: 5,
            waitsForExpiry: true,
            refusals: 10_000,
            perSecond: 200,
            flood: { perSecond: 10_000, seconds: 60, addresses: 500, routes: 4 },
          },
      say,
    ),
  rotation: (isQuick, say) => soakRotation({ clients: isQuick ? 3 : 10, rotationsPerClient: isQuick ? 1 : 3, waits: true }, say),
}

const helpText = `Usage: npm run soak -- [${Object.keys(soaks).join('] [')}] [options]

Runs the named soak tests (default: all) and writes bench/results/soak-<name>.json. All of them take about an hour.

  --quick       a short run without result files
  --seed N      faults: the seed of another run, which it prints, to meet the same faults again
  --seconds N   faults: the time in which faults begin (1800)
  --only TEXT   faults: only those whose name contains the text`

const { values, positionals: names } = readArguments()
const wrong = names.find((name) => !Object.hasOwn(soaks, name))
if (wrong !== undefined) refuse(`Unknown run "${wrong}".`)
const choice: Choice = { seed: readNumber('seed'), seconds: readNumber('seconds'), only: values.only }
// Exit on a signal, so that the exit handlers stop the servers.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
if (values.help) console.log(helpText)
else for (const name of names.length > 0 ? names : Object.keys(soaks)) await run(name, values.quick)
// Exit explicitly: after connections to killed processes, Node may never become idle.
process.exit()

function readArguments() {
  const options = {
    quick: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
    seed: { type: 'string' },
    seconds: { type: 'string' },
    only: { type: 'string' },
  } as const
  try {
    return parseArgs({ options, allowPositionals: true })
  } catch (error) {
    return refuse((error as Error).message)
  }
}

function readNumber(name: 'seed' | 'seconds'): number | undefined {
  const text = values[name]
  if (text === undefined) return undefined
  return /^\d{1,9}$/.test(text) ? Number(text) : refuse(`"--${name}" is not a whole number.`)
}

function refuse(reason: string): never {
  console.error(`${reason}\n\n${helpText}`)
  process.exit(1)
}

async function run(name: string, isQuick: boolean): Promise<void> {
  const start = performance.now()
  const say = (progress: string) => console.log(`${Math.round((performance.now() - start) / 1000)} s  ${progress}`)
  const figures = await soaks[name]!(isQuick, say, choice)
  console.dir(figures, { depth: null })
  if (!isQuick) console.log(`Written to ${writeResult(`soak-${name}`, { ...describeMachine(), ...figures })}\n`)
}
