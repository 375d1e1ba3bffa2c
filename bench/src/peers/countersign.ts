// This server as its command starts it: the built program with the options of its first line, the access log in a file.
import { readFileSync, openSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Client } from 'pg'
import { createKeyRingFile, createServer, parseConfiguration } from '@countersign/server'
import { findFreePort } from '@countersign/server/free-port.fixture'
import { startPostgres } from '@countersign/server/store/postgres.fixture'
import { eventually, findProcess } from '@countersign/server/store/processes.fixture'
import { countersignConfiguration } from '../token/countersign-configuration.ts'
import { asOperator, createClient } from '../token/create-client.ts'
import { clientId, tokenPath, type Algorithm } from '../token/scenario.ts'
import { clientCredentials } from '../token/server-process.ts'
import type { Contestant } from '../token/contestant.ts'
import { contestantOf, startGroup, type Peer } from './peer.ts'
import { usageOfFamily } from './process-usage.ts'
import { command } from './built-command.ts'

export const countersign: Peer = {
  name: 'countersign',
  what: 'this server as its command starts, SQLite',
  algorithms: ['ES256', 'RS256'],
  start: (algorithm, folder) => startCommand(algorithm, folder, `sqlite:${join(folder, 'countersign.db')}`),
}

export const countersignOnPostgres: Peer = {
  name: 'countersignOnPostgres',
  what: 'the same on PostgreSQL, whose CPU is counted apart',
  algorithms: ['ES256', 'RS256'],
  async start(algorithm, folder) {
    const database = await startPostgres({ fsync: true, hasOwnLogSize: true })
    const postmaster = await postmasterOf(database.url)
    const started = await startCommand(algorithm, folder, database.url)
    return {
      ...started,
      readUsage: async () => ({ ...(await started.readUsage()), databaseSeconds: usageOfFamily(postmaster).cpuSeconds }),
      async stop() {
        await started.stop()
        await database.close()
      },
    }
  },
}

async function startCommand(algorithm: Algorithm, folder: string, store: string): Promise<Contestant> {
  for (const name of ['pepper', 'key-encryption-key']) createKeyRingFile(join(folder, name))
  const port = await findFreePort()
  const text = countersignConfiguration({ port, store, algorithm, logLevel: 'info' })
  const file = join(folder, 'countersign.yaml')
  writeFileSync(file, text, { mode: 0o600 })
  const setup = await createServer({ configuration: parseConfiguration(text, folder), logStream: { write() {} } })
  const operator = await setup.createOperator()
  await setup.close()
  const log = openSync(join(folder, 'access.log'), 'w')
  const { program, options } = command()
  const child = startGroup(process.execPath, [...options, program, 'serve', '--config', file], {
    stdio: ['ignore', log, log],
    env: { ...process.env, NODE_ENV: 'production' },
  })
  const serverUrl = `http://127.0.0.1:${port}`
  await eventually('the server is ready', () => {
    if (child.exitCode !== null) throw new Error(`"countersign serve" ended: ${readFileSync(join(folder, 'access.log'), 'utf8')}`)
    return fetch(`${serverUrl}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    )
  })
  const clientSecret = await createClient(await asOperator(serverUrl, operator))
  return contestantOf(child, { port, path: tokenPath, form: clientCredentials(clientId, clientSecret) })
}

/** The first process of a PostgreSQL server, whose children do its work. */
async function postmasterOf(url: string): Promise<number> {
  const connection = new Client(url)
  await connection.connect()
  const { rows } = await connection.query<{ pid: number }>('select pg_backend_pid() as pid')
  const { parent } = findProcess(rows[0]!.pid)!
  await connection.end()
  return parent
}
