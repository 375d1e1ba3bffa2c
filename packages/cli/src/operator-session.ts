// How a command reaches the admin API: which server, and as which operator. The token comes from our own client.
import type { Command } from 'commander'
import { createAdminClient, type AdminClient } from '@countersign/admin'
import { createTokenProvider, withBearer } from '@countersign/client'
import { demoStateFile, findDemoState } from './home.ts'
import { CommandError } from './output.ts'

export interface SessionOptions {
  readonly server?: string
  readonly json?: boolean
}

/** Adds what every command of an operator has. */
export function forOperators(command: Command): Command {
  return command.option('--server <url>', 'the server, for example https://auth.example.com').option('--json', 'print JSON')
}

/** @throws CommandError where no server or operator is named and no demo was started */
export function openAdminClient({ server }: SessionOptions): AdminClient {
  const { serverUrl, tokenUrl, clientId, clientSecret } = findOperator(server)
  const tokens = createTokenProvider({ tokenUrl, clientId, clientSecret })
  return createAdminClient({ serverUrl, fetch: withBearer(fetch, tokens, { origins: [new URL(serverUrl).origin] }) })
}

function findOperator(server = process.env['COUNTERSIGN_SERVER']) {
  const clientId = process.env['COUNTERSIGN_CLIENT_ID']
  const clientSecret = process.env['COUNTERSIGN_CLIENT_SECRET']
  const demo = findDemoState()
  if (clientId !== undefined && clientSecret !== undefined) {
    const serverUrl = server ?? demo?.serverUrl
    if (serverUrl === undefined) throw new CommandError('No server is named. Use --server URL or set COUNTERSIGN_SERVER.')
    return { serverUrl, tokenUrl: new URL('/realms/operators/protocol/openid-connect/token', serverUrl).href, clientId, clientSecret }
  }
  if (demo && (server === undefined || server === demo.serverUrl)) return { serverUrl: demo.serverUrl, ...demo.operator }
  throw new CommandError(
    `No operator is named, and there is no demo in "${demoStateFile()}".\nSet COUNTERSIGN_SERVER, COUNTERSIGN_CLIENT_ID and COUNTERSIGN_CLIENT_SECRET to what "countersign init" printed, or start the demo.`,
  )
}
