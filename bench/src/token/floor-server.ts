// Baseline: the cost of a token with node:http alone. One client, no store, no audit, only the necessary checks.
import { createHash, createHmac, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { audience, clientId, issuer, lifetimeSeconds, scopes, tokenPath } from './scenario.ts'
import { clientCredentials, readAlgorithm, reportToBench } from './server-process.ts'
import { generatePrivateKey, signInput } from './signing.ts'

const algorithm = readAlgorithm()
const key = generatePrivateKey(algorithm)
const kid = createHash('sha256')
  .update(key.export({ format: 'der', type: 'pkcs8' }))
  .digest('base64url')
const header = encode({ alg: algorithm, typ: 'JWT', kid })
const scope = scopes.join(' ')
const subject = randomUUID()
const organizationId = randomUUID()

const pepper = randomBytes(32)
const clientSecret = `csk_${randomBytes(36).toString('base64url')}1`
const secretDigest = digest(clientSecret)

const server = createServer(async (request, response) => {
  const form = new URLSearchParams(await readBody(request))
  const isClient = form.get('client_id') === clientId && timingSafeEqual(digest(form.get('client_secret') ?? ''), secretDigest)
  if (request.url !== tokenPath || form.get('grant_type') !== 'client_credentials' || !isClient) {
    response.writeHead(401).end()
    return
  }
  const body = JSON.stringify({
    access_token: issueToken(),
    expires_in: lifetimeSeconds,
    refresh_expires_in: 0,
    token_type: 'Bearer',
    'not-before-policy': 0,
    scope,
  })
  response.writeHead(200, {
    'content-type': 'application/json',
    'cache-control': 'no-store',
    pragma: 'no-cache',
    'content-length': Buffer.byteLength(body),
  })
  response.end(body)
})

function readBody(request: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => resolve(Buffer.concat(chunks).toString()))
    request.on('error', reject)
  })
}

function issueToken(): string {
  const issuedAt = Math.floor(Date.now() / 1000)
  const claims = {
    exp: issuedAt + lifetimeSeconds,
    iat: issuedAt,
    jti: randomUUID(),
    iss: issuer,
    aud: audience,
    sub: subject,
    typ: 'Bearer',
    azp: clientId,
    scope,
    client_id: clientId,
    organization_id: organizationId,
  }
  const input = `${header}.${encode(claims)}`
  return `${input}.${signInput(key, input).toString('base64url')}`
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

function digest(secret: string): Buffer {
  return createHmac('sha256', pepper).update(secret).digest()
}

server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  reportToBench({ port, path: tokenPath, form: clientCredentials(clientId, clientSecret) }, () => server.close())
})
