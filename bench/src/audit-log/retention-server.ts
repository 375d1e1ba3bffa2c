// A server of the measurement of retention, in a process of its own: begins to archive and remove when it is told to.
import type { AddressInfo } from 'node:net'
import { createServer, loadConfiguration } from '@countersign/server'
import { clientCredentials } from '../token/server-process.ts'

const realm = 'partners'
const [file = ''] = process.argv.slice(2)
const server = await createServer({ configuration: loadConfiguration(file), logStream: process.stderr })
const operator = await server.createOperator()
await server.listen()
const { port } = server.app.server.address() as AddressInfo

/** As JSON of the response. @throws Error for any other response */
async function inject(url: string, payload: object | string, headers: Record<string, string>): Promise<Record<string, unknown>> {
  const response = await server.app.inject({ method: 'POST', url, headers, payload })
  if (response.statusCode >= 300) throw new Error(`POST ${url} was answered with ${response.statusCode}: ${response.body}`)
  return response.json<Record<string, unknown>>()
}

const form = new URLSearchParams(clientCredentials(operator.clientId, operator.clientSecret)).toString()
const { access_token: token } = await inject(new URL(operator.tokenUrl).pathname, form, {
  'content-type': 'application/x-www-form-urlencoded',
})
const authorization = { authorization: `Bearer ${String(token)}` }
const slug = `measured-${process.pid}`
await inject(`/admin/v1/realms/${realm}/organizations`, { slug, name: slug }, authorization)
const created = await inject(`/admin/v1/realms/${realm}/clients`, { organization: slug, name: slug }, authorization)
const { clientId } = created['client'] as { clientId: string }

process.on('message', (message) => {
  if (message === 'begin') void server.retainAudit()
})
process.on('disconnect', async () => {
  await server.close()
  process.exit()
})
process.send?.({ port, path: `/realms/${realm}/oauth2/token`, form: clientCredentials(clientId, String(created['clientSecret'])) })
