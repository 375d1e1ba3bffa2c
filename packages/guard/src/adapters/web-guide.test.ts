// Runs the programs of docs/frameworks.md for Next.js, Hono, Cloudflare Workers, Deno, Bun and AWS Lambda as they are written, in their runtimes
// where these are installed, and type-checks them. Only the issuer and the port differ.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, test } from 'node:test'
import { foreignPartnerId, partnerId } from '../guard.fixture.ts'
import { anIssuerOverHttp, type IssuerOverHttp } from './issuer-over-http.fixture.ts'
import { toHttpEvent } from './lambda.fixture.ts'
import { sendPipelined } from './raw-requests.fixture.ts'
import { runBun, runDeno, runWorker } from './runtime-starts.fixture.ts'
import { runProgram, skipWithoutRuntime, type RunningProgram } from './runtimes.fixture.ts'

const root = join(import.meta.dirname, '..', '..', '..', '..')
const guide = readFileSync(join(root, 'docs', 'frameworks.md'), 'utf8')
const folder = mkdtempSync(join(tmpdir(), 'countersign-guide-'))
symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'))
after(() => rmSync(folder, { recursive: true }))

/** The blocks of TypeScript below a heading. */
function blocksOf(heading: string): string[] {
  const [, section = assert.fail(heading)] = guide.split(new RegExp(`^## ${heading}$`, 'm'))
  return Array.from(section.split(/^## /m)[0]!.matchAll(/^```ts\n([^]*?)^```$/gm), ([, text = '']) => text)
}

const issuerUrl = 'https://auth.example.com/realms/nt24-idp'
const [nextGuard = '', nextBlock = ''] = blocksOf('Next.js')
// The bundler of Next.js refuses the extension that Node needs.
const nextRoute = nextBlock.replace("lib/guard'", "lib/guard.ts'")
const [hono = ''] = blocksOf('Hono')
const [worker = ''] = blocksOf('Cloudflare Workers')
const [deno = ''] = blocksOf('Deno')
const [bun = ''] = blocksOf('Bun')
const [lambda = '', authorizer = ''] = blocksOf('AWS Lambda')

function write(name: string, text: string): string {
  const file = join(folder, name)
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
  return file
}

/** What the guide promises of every program: the route is guarded, and health is not. */
async function assertGuarded({ origin }: RunningProgram, issuer: IssuerOverHttp): Promise<void> {
  const statusOf = async (path: string, init?: RequestInit) => (await fetch(`${origin}${path}`, init)).status
  const headers = { authorization: `Bearer ${issuer.token()}` }
  const allowed = await fetch(`${origin}/v1/partners/${partnerId}/orders`, { headers })
  assert.deepEqual([allowed.status, await allowed.json()], [200, { organization: 'acme', orders: [] }])
  assert.equal(await statusOf(`/v1/partners/${foreignPartnerId}/orders`, { headers }), 403)
  assert.equal(await statusOf(`/v1/partners/${partnerId}/orders`), 401)
  assert.equal(await statusOf('/health'), 200)
  assert.equal(await statusOf('/nothing', { headers }), 404)
}

test('the handlers of the section on Next.js are guarded, with parameters in a promise', async (t) => {
  const issuer = await anIssuerOverHttp(t)
  write('next/package.json', '{"type":"module"}')
  write('next/lib/guard.ts', nextGuard.replace(issuerUrl, issuer.issuer))
  const file = write('next/app/v1/partners/[sellerId]/orders/route.ts', nextRoute)
  process.env['GUARD_SECRET'] = 'not-a-real-secret'
  const { GET } = (await import(file)) as {
    readonly GET: (request: Request, context: { readonly params: Promise<unknown> }) => Promise<Response>
  }
  const ask = async (sellerId: string, headers: Record<string, string> = { authorization: `Bearer ${issuer.token()}` }) =>
    GET(new Request(`https://api.example.com/v1/partners/${sellerId}/orders`, { headers }), { params: Promise.resolve({ sellerId }) })
  assert.deepEqual(await (await ask(partnerId)).json(), { organization: 'acme', sellerId: partnerId, orders: [] })
  assert.deepEqual([(await ask(foreignPartnerId)).status, (await ask(partnerId, {})).status], [403, 401])
})

test('the program of the section on Hono is guarded', async (t) => {
  const issuer = await anIssuerOverHttp(t)
  const listening = ", port: 0 }, ({ port }) => console.log('listening on ' + port))"
  const file = write('hono.mts', hono.replace(issuerUrl, issuer.issuer).replace(', port: 3000 })', listening))
  const options = ['--conditions=@countersign/source', '--disable-warning=ExperimentalWarning']
  const program = await runProgram(t, 'node', [...options, file], { GUARD_SECRET: 'not-a-real-secret' })
  await assertGuarded(program, issuer)
  const authorization = `Authorization: Bearer ${issuer.token()}`
  const [twice = ''] = await sendPipelined(Number(new URL(program.origin).port), [
    [`GET /v1/partners/${partnerId}/orders HTTP/1.1`, authorization, authorization],
  ])
  assert.match(twice, /^400 /) // Node.js drops one of them, but not from its raw headers.
})

const programs = [
  { heading: 'Cloudflare Workers', runtime: 'workerd', run: runWorker, toSource: (text: string) => text, text: worker },
  {
    heading: 'Deno',
    runtime: 'deno',
    run: runDeno,
    toSource: (text: string) => text.replace('port: 3000', "port: 0, hostname: '127.0.0.1'"),
    text: deno,
  },
  {
    heading: 'Bun',
    runtime: 'bun',
    run: runBun,
    toSource: (text: string) =>
      `${text.replace('port: 3000', 'port: 0').replace('Bun.serve(', 'const server = Bun.serve(')}\nconsole.log('listening on ' + server.port)`,
    text: bun,
  },
] as const

for (const { heading, runtime, run, toSource, text } of programs)
  test(`the program of the section on ${heading} is guarded`, { skip: skipWithoutRuntime(runtime) }, async (t) => {
    const issuer = await anIssuerOverHttp(t)
    const source = `${toSource(text).replace(issuerUrl, issuer.issuer)}`
    await assertGuarded(await run(t, source, { GUARD_SECRET: 'not-a-real-secret' }), issuer)
  })

test('the handler and the authorizer of the section on AWS Lambda are guarded', async (t) => {
  const issuer = await anIssuerOverHttp(t)
  process.env['GUARD_SECRET'] = 'not-a-real-secret'
  const program = lambda.replace(issuerUrl, issuer.issuer)
  const { handler } = (await import(write('lambda.mts', program))) as {
    readonly handler: (event: unknown, context: object) => Promise<unknown>
  }
  const eventOf = (sellerId: string, headers: Record<string, string> = { authorization: `Bearer ${issuer.token()}` }) =>
    toHttpEvent(new Request(`https://api.example.com/v1/partners/${sellerId}/orders`, { headers }), {
      template: '/v1/partners/{sellerId}/orders',
      params: { sellerId },
    })
  assert.deepEqual(await handler(eventOf(partnerId), {}), { statusCode: 200, body: '{"organization":"acme","orders":[]}' })
  assert.equal(((await handler(eventOf(foreignPartnerId), {})) as { statusCode: number }).statusCode, 403)
  const { handler: authorize } = (await import(write('authorizer.mts', authorizer.replace(issuerUrl, issuer.issuer)))) as {
    readonly handler: (event: unknown) => Promise<{ isAuthorized: boolean }>
  }
  assert.deepEqual(
    [(await authorize(eventOf(partnerId))).isAuthorized, (await authorize(eventOf(foreignPartnerId))).isAuthorized],
    [true, false],
  )
  await assert.rejects(authorize(eventOf(partnerId, {})), { message: 'Unauthorized' })
})

/** What the runtimes have of which the guide uses a little. */
const globals = `
declare namespace Deno {
  interface NetAddr { readonly hostname: string }
  interface ServeHandlerInfo<Address> { readonly remoteAddr: Address }
  const env: { get(name: string): string | undefined }
  function serve<Address>(options: { port: number }, handler: (request: Request, info: ServeHandlerInfo<Address>) => Promise<Response>): unknown
}
declare namespace Bun {
  interface Server<Data> { readonly data?: Data; requestIP(request: Request): { readonly address: string } | null }
  const env: Readonly<Record<string, string | undefined>>
  function serve(options: { port: number; fetch(request: Request, server: Server<undefined>): Promise<Response> }): unknown
}
`

test('the programs of these sections type-check', () => {
  const files = { 'types/next/lib/guard.ts': nextGuard, 'types/next/app/v1/partners/[sellerId]/orders/route.ts': nextRoute }
  const others = { hono, worker, deno, bun, lambda, authorizer }
  for (const [name, text] of Object.entries(files)) write(name, text)
  for (const [name, text] of Object.entries(others))
    write(`types/${name}.mts`, text.replace('const { guarded } = countersignGuard({ guard })\n\nconst { simple', 'const { simple'))
  write('types/globals.d.ts', globals)
  write('types/package.json', '{"type":"module"}')
  write('types/tsconfig.json', JSON.stringify({ extends: join(root, 'tsconfig.json'), include: ['.'], exclude: [] }))
  const { status, stdout } = spawnSync(
    process.execPath,
    [join(root, 'node_modules', 'typescript', 'bin', 'tsc'), '-p', join(folder, 'types')],
    { encoding: 'utf8' },
  )
  assert.equal(status, 0, stdout)
})
