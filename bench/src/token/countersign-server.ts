// This server as shipped: the store in a file, and the audit row of every token on disk before the response.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AddressInfo } from 'node:net'
import { createKeyRingFile, createServer, parseConfiguration } from '@countersign/server'
import { countersignConfiguration } from './countersign-configuration.ts'
import { createClient } from './create-client.ts'
import { clientId, tokenPath } from './scenario.ts'
import { clientCredentials, readAlgorithm, reportToBench } from './server-process.ts'

const folder = mkdtempSync(join(tmpdir(), 'countersign-bench-'))
createKeyRingFile(join(folder, 'pepper'))
createKeyRingFile(join(folder, 'key-encryption-key'))
const settings = { port: 0, store: 'sqlite:countersign.db', algorithm: readAlgorithm(), logLevel: 'error' } as const
const configuration = parseConfiguration(countersignConfiguration(settings), folder)

const server = await createServer({ configuration })
const operator = await server.createOperator()
await server.listen()
const { port } = server.app.server.address() as AddressInfo
const clientSecret = await createClient(`http://127.0.0.1:${port}`, operator)
reportToBench({ port, path: tokenPath, form: clientCredentials(clientId, clientSecret) }, async () => {
  await server.close()
  rmSync(folder, { recursive: true })
})
