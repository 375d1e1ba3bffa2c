// Runs the programs of docs/frameworks.md for Express, Fastify, Koa, NestJS and node:http as they are written, and type-checks them. Only the issuer
// and the port differ.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test, type TestContext } from 'node:test'
import { rolldown } from 'rolldown'
import { foreignPartnerId, partnerId } from '../guard.fixture.ts'
import { anIssuerOverHttp } from './issuer-over-http.fixture.ts'
import { runProgram } from './runtimes.fixture.ts'

const root = join(import.meta.dirname, '..', '..', '..', '..')
const guide = readFileSync(join(root, 'docs', 'frameworks.md'), 'utf8')
const folder = mkdtempSync(join(tmpdir(), 'countersign-guide-'))
symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
after(() => rmSync(folder, { recursive: true }))

function programOf(heading: string): string {
  const [, section = assert.fail(heading)] = guide.split(new RegExp(`^## ${heading}$`, 'm'))
  const [, text = assert.fail(heading)] = /^```ts\n([^]*?)^```$/m.exec(section) ?? []
  return text
}

const told = "console.log('listening on ' + "
/** What ends each program, and prints the port that it has. */
const listening: Readonly<Record<string, readonly [written: string, run: string]>> = {
  Express: ['app.listen(3000)', `const server = app.listen(0, () => ${told}server.address().port))`],
  Fastify: ['await app.listen({ port: 3000 })', `await app.listen({ port: 0 })\n${told}app.server.address().port)`],
  Koa: ['app.listen(3000)', `const server = app.listen(0, () => ${told}server.address().port))`],
  WebSockets: ['server.listen(3000)', `server.listen(0, () => ${told}server.address().port))`],
  NestJS: ['await app.listen(3000)', `await app.listen(0)\n${told}app.getHttpServer().address().port)`],
  'node:http': [
    'createServer(listener).listen(3000)',
    `const server = createServer(listener).listen(0, () => ${told}server.address().port))`,
  ],
}

/** Runs the program of a section in front of an issuer of its own. */
async function runSection(t: TestContext, heading: string) {
  const issuer = await anIssuerOverHttp(t)
  const program = programOf(heading)
  const [written, run] = listening[heading]!
  assert.ok(program.includes(written))
  const source = program.replace(written, run).replace('https://auth.example.com/realms/nt24-idp', issuer.issuer)
  const file = await compiled(heading.replace(/\W/g, ''), source)
  const options = ['--conditions=@countersign/source', '--disable-warning=ExperimentalWarning']
  const { origin } = await runProgram(t, 'node', [...options, file], { GUARD_SECRET: 'not-a-real-secret' })
  return { issuer, origin }
}

for (const heading of Object.keys(listening).filter((each) => each !== 'WebSockets'))
  test(`the program of the section on ${heading} is guarded`, async (t) => {
    const { issuer, origin } = await runSection(t, heading)
    const ask = (path: string, init?: RequestInit) => fetch(`${origin}${path}`, init)
    const headers = { authorization: `Bearer ${issuer.token()}` }
    const allowed = await ask(`/v1/partners/${partnerId}/orders`, { headers })
    assert.deepEqual([allowed.status, await allowed.json()], [200, { organization: 'acme', orders: [] }])
    assert.equal((await ask(`/v1/partners/${foreignPartnerId}/orders`, { headers })).status, 403)
    assert.equal((await ask(`/v1/partners/${partnerId}/orders`)).status, 401)
    assert.equal(await (await ask('/health')).text(), 'ok')
    assert.equal((await ask('/nothing', { headers })).status, 404)
  })

test('abuse 117: the program of the section on WebSockets decides on upgrades, and ends a connection with its token', async (t) => {
  const { issuer, origin } = await runSection(t, 'WebSockets')
  const connect = (token?: string) => {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` }
    return new Promise<{ readonly status: number; readonly challenge?: string; readonly closed?: Promise<unknown> }>((resolve, reject) => {
      const asked = request(`${origin}/`, {
        headers: { ...headers, connection: 'upgrade', upgrade: 'websocket', 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==' },
      })
      asked.on('error', reject).end()
      asked.on('upgrade', ({ statusCode = 0, headers: answered }, socket) => {
        assert.equal(answered['sec-websocket-accept'], 's3pPLMBiTxaQ9kYGzzhZRbK+xOo=') // RFC 6455 §1.3
        resolve({ status: statusCode, closed: once(socket.resume(), 'close') })
      })
      asked.on('response', (response) => {
        resolve({ status: response.statusCode ?? 0, challenge: String(response.headers['www-authenticate']) })
        response.resume()
      })
    })
  }
  const now = Math.floor(Date.now() / 1000)
  const allowed = await connect(issuer.token({ exp: now + 1 }))
  assert.equal(allowed.status, 101)
  const denied = await connect()
  assert.deepEqual([denied.status, denied.challenge?.startsWith('Bearer realm=')], [401, true])
  assert.equal((await connect(issuer.token({ scope: 'profile' }))).status, 403)
  await allowed.closed
})

/** Node strips types, but decorators have to be compiled, as users of Nest do. */
async function compiled(name: string, source: string): Promise<string> {
  const file = join(folder, `${name}.mts`)
  writeFileSync(file, source)
  if (!source.includes('@Controller')) return file
  const options = { decorator: { legacy: true, emitDecoratorMetadata: true } }
  const bundle = await rolldown({
    input: file,
    external: /^(?:node:|reflect-metadata|@nestjs|@countersign)/,
    platform: 'node',
    transform: options,
    logLevel: 'silent',
  })
  await bundle.write({ file: join(folder, `${name}.mjs`) })
  await bundle.close()
  return join(folder, `${name}.mjs`)
}

test('the programs of these sections type-check', () => {
  for (const heading of Object.keys(listening)) writeFileSync(join(folder, `${heading.replace(/\W/g, '')}.mts`), programOf(heading))
  const compilerOptions = { experimentalDecorators: true, emitDecoratorMetadata: true, erasableSyntaxOnly: false }
  writeFileSync(
    join(folder, 'tsconfig.json'),
    JSON.stringify({ extends: join(root, 'tsconfig.json'), compilerOptions, include: ['*.mts'], exclude: [] }),
  )
  const { status, stdout } = spawnSync(process.execPath, [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', folder], {
    encoding: 'utf8',
  })
  assert.equal(status, 0, stdout)
})
