// Apache with mod_auth_openidc as a resource server in front of an API, configured by apache/httpd.conf.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { connect, type AddressInfo, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer as createTlsServer } from 'node:tls'
import { generateKeyPairSync } from 'node:crypto'
import { makeCertificate } from '@countersign/server/certificates.fixture'
import { alterSignature, clientOf, metadataOf, newTokenOf } from '../conformance/target.fixture.ts'
import { freshTokenOf } from './fresh-token.ts'

export async function guardApache(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-apache-'))
  const api = createServer((request, response) => response.end(`from the API for ${request.headers['x-client-id']}`)).listen(0, '127.0.0.1')
  await once(api, 'listening')
  const port = await freePort()
  const { clientId, clientSecret } = clientOf('partner-api', 'guard')
  const { introspection_endpoint: introspection, revocation_endpoint: revocation } = await metadataOf('partner-api')
  const endpoint = new URL(introspection)
  const tls = await openTls(Number(endpoint.port)) // The module takes no other endpoint.
  endpoint.protocol = 'https'
  endpoint.port = String(portOf(tls))
  const configuration = readFileSync(join(import.meta.dirname, 'apache', 'httpd.conf'), 'utf8')
    .replaceAll('INTROSPECTION_ENDPOINT', endpoint.href)
    .replaceAll('GUARD_CLIENT_ID', clientId)
    .replaceAll('GUARD_CLIENT_SECRET', clientSecret)
    .replaceAll('API_URL', `http://127.0.0.1:${portOf(api)}`)
    .replaceAll('PORT', String(port))
    .replaceAll('FOLDER', folder)
  writeFileSync(join(folder, 'httpd.conf'), configuration, { mode: 0o600 })
  const apache = spawn('apache2', ['-X', '-f', join(folder, 'httpd.conf')], { stdio: ['ignore', 'ignore', 'pipe'] })
  try {
    const call = (token?: string) =>
      fetch(`http://127.0.0.1:${port}/api/orders`, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } })
    const revoked = await newTokenOf('partner-api')
    const accepted = await untilItListens(() => call(revoked))
    assert.equal(accepted.status, 200, readFileSync(join(folder, 'error.log'), 'utf8').slice(-3000))
    assert.equal(await accepted.text(), `from the API for ${clientOf('partner-api').clientId}`)
    const integrator = clientOf('partner-api')
    const body = new URLSearchParams({ client_id: integrator.clientId, client_secret: integrator.clientSecret, token: revoked })
    await fetch(revocation, { method: 'POST', body })
    for (const token of [undefined, 'x', alterSignature(await freshTokenOf('partner-api')), revoked, await freshTokenOf('ptv')])
      assert.equal((await call(token)).status, 401)
    assert.equal((await call(await freshTokenOf('partner-api'))).status, 200)
  } finally {
    apache.kill('SIGTERM')
    if (apache.exitCode === null) await once(apache, 'exit')
    api.close()
    api.closeAllConnections()
    tls.close()
    rmSync(folder, { recursive: true })
  }
}

const portOf = (server: Pick<Server, 'address'>) => (server.address() as AddressInfo).port

/** A certificate of its own in front of a port of this machine. */
async function openTls(target: number) {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' })
  const server = createTlsServer({ key, cert: makeCertificate(privateKey, 'localhost') }, (socket) => {
    const upstream = connect(target, 'localhost')
    socket.on('error', () => upstream.destroy())
    upstream.on('error', () => socket.destroy())
    socket.pipe(upstream).pipe(socket)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return server
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const port = portOf(server)
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** A refused connection is answered at once, so this asks until the process has opened its socket, or fails for good. */
async function untilItListens(call: () => Promise<Response>): Promise<Response> {
  const givesUpAt = Date.now() + 30_000
  for (;;) {
    try {
      return await call()
    } catch (error) {
      if (Date.now() > givesUpAt) throw error
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
}
