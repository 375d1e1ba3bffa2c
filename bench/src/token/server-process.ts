// The measurement's interface to a server process: reports its port and its resource usage, and ends with the parent process.
import { isAlgorithm, type Algorithm } from './scenario.ts'

export interface Listening {
  readonly port: number
  readonly path: string
  readonly form: TokenForm
  /** The requests of clients with a grant, if the server has them. */
  readonly granted?: { readonly claimSet: TokenForm; readonly ownGrant: TokenForm }
  /** With a console, who signs in there. */
  readonly operator?: { readonly clientId: string; readonly clientSecret: string }
  /** Another server in the same process. */
  readonly beside?: Listening
}

export type TokenForm = Readonly<Record<string, string>>

export interface Usage {
  /** Of all threads of the process. */
  readonly cpuSeconds: number
  readonly memoryMebibytes: number
  /** Of a database in processes of its own. */
  readonly databaseSeconds?: number
}

/** The signing algorithm of this process. */
export function readAlgorithm(): Algorithm {
  const [algorithm] = process.argv.slice(2)
  if (!isAlgorithm(algorithm)) throw new TypeError(`Expected the name of a signing algorithm, found "${algorithm}"`)
  return algorithm
}

/** @param stop is called once, after the measurement. */
export function reportToBench(listening: Listening, stop: () => unknown): void {
  if (!process.send) throw new TypeError('This server is started by the measurement: npm run bench -- token')
  process.on('message', () => process.send?.(readUsage()))
  process.on('disconnect', async () => {
    await stop()
    process.exit()
  })
  process.send(listening)
}

function readUsage(): Usage {
  const { user, system } = process.cpuUsage()
  return { cpuSeconds: (user + system) / 1e6, memoryMebibytes: process.memoryUsage.rss() / 1024 / 1024 }
}

/** The form of a token request with the client's credentials in the body, the same for every server. */
export function clientCredentials(clientId: string, clientSecret: string): Record<string, string> {
  return { grant_type: 'client_credentials', client_id: clientId, client_secret: clientSecret }
}
