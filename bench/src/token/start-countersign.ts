// This server as shipped, for a process of the measurement: the store in a file, and the audit row of every token on disk before the response.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AddressInfo } from 'node:net'
import { createKeyRingFile, createServer, parseConfiguration } from '@countersign/server'
import { countersignConfiguration } from './countersign-configuration.ts'
import { asOperator, createClient } from './create-client.ts'
import { createGrantedClients } from './granted-clients.ts'
import { clientId, tokenPath } from './scenario.ts'
import { clientCredentials, readAlgorithm, type Listening } from './server-process.ts'

/** Listens on a port of its own, with a client. */
export async function startCountersign(hasConsole: boolean): Promise<{ readonly listening: Listening; stop(): Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-bench-'))
  createKeyRingFile(join(folder, 'pepper'))
  createKeyRingFile(join(folder, 'key-encryption-key'))
  const settings = { port: 0, store: 'sqlite:countersign.db', algorithm: readAlgorithm(), logLevel: 'error', hasConsole } as const
  const server = await createServer({ configuration: parseConfiguration(countersignConfiguration(settings), folder) })
  const operator = await server.createOperator()
  await server.listen()
  const { port } = server.app.server.address() as AddressInfo
  const create = await asOperator(`http://127.0.0.1:${port}`, operator)
  const form = clientCredentials(clientId, await createClient(create))
  const { claimSet, ownGrant } = await createGrantedClients(create)
  const granted = {
    claimSet: clientCredentials(claimSet.clientId, claimSet.clientSecret),
    ownGrant: clientCredentials(ownGrant.clientId, ownGrant.clientSecret),
  }
  return {
    listening: { port, path: tokenPath, form, granted, ...(hasConsole && { operator }) },
    async stop() {
      await server.close()
      rmSync(folder, { recursive: true })
    },
  }
}
