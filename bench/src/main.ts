// `npm run bench`: measures, prints a table and writes bench/results/<name>.json. The measurements are in the folders.
import { adaptersTable } from './adapters/adapters-table.ts'
import { measureAdapters } from './adapters/measure-adapters.ts'
import { storeKinds } from './audit-log/fill.ts'
import { measureRetention } from './audit-log/measure-retention.ts'
import { retentionTable } from './audit-log/retention-table.ts'
import { measureSearch, searchTable } from './audit-log/measure-search.ts'
import { measureClient } from './client/measure-client.ts'
import { clientTable } from './client/client-table.ts'
import { consoleTable } from './console/console-table.ts'
import { measureConsole } from './console/measure-console.ts'
import { helpText, readCommandLine, type CommandLine, type MeasurementName } from './command-line.ts'
import { gatewayTable } from './gateway/gateway-table.ts'
import { measureGateway } from './gateway/measure-gateway.ts'
import { guardTable } from './guard/guard-table.ts'
import { measureGuard } from './guard/measure-guard.ts'
import { describeMachine, writeResult } from './result.ts'
import { measurePages } from './pages/measure-pages.ts'
import { pagesTable } from './pages/pages-table.ts'
import { measurePeers } from './peers/measure-peers.ts'
import { peersTable } from './peers/peers-table.ts'
import { grantsTable } from './token/grants-table.ts'
import { measureGrants } from './token/measure-grants.ts'
import { measureTokens } from './token/measure-tokens.ts'
import { tokenTable } from './token/token-table.ts'

const measurements = {
  async token({ isQuick, rounds = isQuick ? 3 : 9, seconds = isQuick ? 1 : 2, connections = 64, profileDirectory }: CommandLine) {
    const options = { rounds, seconds, warmUpSeconds: isQuick ? 1 : 3, connections, profileDirectory }
    const figures = await measureTokens(options)
    return { options, figures, table: tokenTable(figures) }
  },
  async grants({ isQuick, rounds = isQuick ? 3 : 9, seconds = isQuick ? 1 : 2, connections = 64, profileDirectory }: CommandLine) {
    const options = { rounds, seconds, warmUpSeconds: isQuick ? 1 : 3, connections, profileDirectory }
    const figures = await measureGrants(options)
    return { options, figures, table: grantsTable(figures) }
  },
  async guard({ isQuick, rounds = isQuick ? 5 : 25 }: CommandLine) {
    const options = { rounds, callsPerTurn: 500 }
    const figures = await measureGuard(options)
    return { options, figures, table: guardTable(figures) }
  },
  async adapters({ isQuick, rounds = isQuick ? 8 : 200 }: CommandLine) {
    const options = { rounds, callsPerTurn: 500 }
    const figures = await measureAdapters(options)
    return { options, figures, table: adaptersTable(figures) }
  },
  async client({ isQuick, rounds = isQuick ? 3 : 9 }: CommandLine) {
    const options = { rounds, callsPerTurn: 1_000_000, concurrentCallers: 10_000 }
    const figures = await measureClient(options)
    return { options, figures, table: clientTable(figures) }
  },
  async gateway({ isQuick, rounds = isQuick ? 1 : 9, seconds = isQuick ? 2 : 5, connections = 16 }: CommandLine) {
    const options = { rate: 2000, rounds, seconds, warmUpSeconds: isQuick ? 1 : 5, connections }
    const figures = await measureGateway(options)
    return { options, figures, table: gatewayTable(figures) }
  },
  async 'audit-search'({ isQuick, store }: CommandLine) {
    const options = {
      events: isQuick ? 100_000 : 10_000_000,
      days: isQuick ? 1 : 10,
      stores: store === undefined ? storeKinds : [store],
      searches: isQuick ? 20 : 200,
    }
    const figures = await measureSearch(options, console.log)
    return { options, figures, table: searchTable(figures) }
  },
  async 'audit-retention'({ isQuick, rounds = isQuick ? 1 : 3, seconds = isQuick ? 5 : 90, store }: CommandLine) {
    const events = isQuick ? 100_000 : 10_000_000
    const options = { events, tokensPerSecond: 200, rounds, seconds }
    const stores = []
    for (const kind of store === undefined ? storeKinds : [store]) stores.push(await measureRetention(kind, options, console.log))
    return { options, figures: { stores }, table: retentionTable(stores) }
  },
  async console({ isQuick, rounds = isQuick ? 1 : 9, seconds = isQuick ? 1 : 5, connections = 32 }: CommandLine) {
    const options = { rounds, seconds, warmUpSeconds: isQuick ? 1 : 3, connections, consoles: 20, rate: 2000 }
    const figures = await measureConsole(options, console.log)
    return { options, figures, table: consoleTable(figures) }
  },
  async pages({ isQuick, rounds = isQuick ? 1 : 5 }: CommandLine) {
    const options = { rounds, clients: isQuick ? 1000 : 100_000, lists: isQuick ? 5 : 100 }
    const figures = await measurePages(options, console.log)
    return { options, figures, table: pagesTable(figures) }
  },
  async peers({ isQuick, rounds = isQuick ? 1 : 9, seconds = isQuick ? 1 : 2, connections = 32 }: CommandLine) {
    const options = { rounds, seconds, warmUpSeconds: isQuick ? 3 : 15, connections }
    const figures = await measurePeers(options, console.log)
    return { options, figures, table: peersTable(figures) }
  },
}

const commandLine = readCommandLineOrExit()
if (commandLine.wantsHelp) console.log(helpText)
else for (const name of commandLine.names) await measureAndReport(name)

async function measureAndReport(name: MeasurementName): Promise<void> {
  console.log(`Measuring ${name} ...`)
  const { options, figures, table } = await measurements[name](commandLine)
  console.table(table)
  const result = commandLine.store === undefined ? name : `${name}-${commandLine.store}`
  console.log(`Written to ${writeResult(result, { ...describeMachine(), options, ...figures })}\n`)
}

function readCommandLineOrExit(): CommandLine {
  try {
    return readCommandLine(process.argv.slice(2))
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${helpText}`)
    process.exit(1)
  }
}
