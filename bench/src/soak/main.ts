// `npm run soak`: the long runs, each with a result in bench/results/soak-<name>.json. The runs are in the files of this folder.
import { describeMachine, writeResult } from '../result.ts'
import { soakFaults } from './faults/soak-faults.ts'
import { soakKill } from './kill.ts'
import { soakLease } from './lease.ts'
import { soakManyClientsOnPostgres, soakManyClientsOnSqlite } from './many-clients.ts'
import { soakNodeLoss } from './node-loss.ts'
import { soakOutage } from './outage.ts'
import { soakPropagation } from './propagation.ts'
import { soakRotation } from './rotation.ts'

type Say = (progress: string) => void

const soaks: Record<string, (isQuick: boolean, say: Say) => Promise<object>> = {
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
  outage: (isQuick, say) => soakOutage({ seconds: isQuick ? 6 : 60 }, say),
  'node-loss': (isQuick, say) => soakNodeLoss({ kills: isQuick ? 3 : 60, backends: 10 }, say),
  faults: (isQuick, say) =>
    soakFaults(
      {
        seed: Number(process.env['SOAK_SEED'] ?? Date.now() % 1_000_000),
        seconds: isQuick ? Number(process.env['SOAK_SECONDS'] ?? 60) : Number(process.env['SOAK_SECONDS'] ?? 1800),
        longestSeconds: isQuick ? 7 : 12,
        hugeMebibytes: isQuick ? 4 : 32,
        only: process.env['SOAK_ONLY'],
      },
      say,
    ),
  rotation: (isQuick, say) => soakRotation({ clients: isQuick ? 3 : 10, rotationsPerClient: isQuick ? 1 : 3, waits: true }, say),
}

const helpText = `Usage: npm run soak -- [${Object.keys(soaks).join('] [')}] [--quick]

Runs the named soak tests (default: all) and writes bench/results/soak-<name>.json. All of them take about half an hour;
--quick makes a short run without result files.`

const [flags, names] = [
  process.argv.slice(2).filter((arg) => arg.startsWith('-')),
  process.argv.slice(2).filter((arg) => !arg.startsWith('-')),
]
const wrong = [...flags.filter((flag) => !['--quick', '--help'].includes(flag)), ...names.filter((name) => !Object.hasOwn(soaks, name))]
if (wrong.length > 0) {
  console.error(`Unknown run or option "${wrong[0]}".\n\n${helpText}`)
  process.exit(1)
}
// Exit on a signal, so that the exit handlers stop the servers.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
if (flags.includes('--help')) console.log(helpText)
else for (const name of names.length > 0 ? names : Object.keys(soaks)) await run(name, flags.includes('--quick'))
// Exit explicitly: after connections to killed processes, Node may never become idle.
process.exit()

async function run(name: string, isQuick: boolean): Promise<void> {
  const start = performance.now()
  const figures = await soaks[name]!(isQuick, (progress) => console.log(`${Math.round((performance.now() - start) / 1000)} s  ${progress}`))
  console.dir(figures, { depth: null })
  if (!isQuick) console.log(`Written to ${writeResult(`soak-${name}`, { ...describeMachine(), ...figures })}\n`)
}
