// The commands that pages show beside their forms, run through the real parser: each sends what the page sends.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, mock, test } from 'node:test'
import { isWrite, operations, type Operation, type OperationInput, type OperationName } from '@countersign/admin'
import { commandLineOf } from '@countersign/admin/command-line'
import { runCommandLine } from './command-line.ts'
import { files, inputs } from './page-commands.fixture.ts'

const folder = mkdtempSync(join(tmpdir(), 'countersign-commands-'))
const before = process.cwd()
after(() => {
  process.chdir(before)
  rmSync(folder, { recursive: true })
})
for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text, { mode: 0o600 })
process.chdir(folder)
Object.assign(process.env, {
  COUNTERSIGN_SERVER: 'http://localhost:1',
  COUNTERSIGN_CLIENT_ID: 'operator',
  COUNTERSIGN_CLIENT_SECRET: 'csk_not-a-real-secret-of-an-operator-00000000000',
})

/** Writes that no command can say at all, each with the reason. */
const withoutCommand: Readonly<Record<string, string>> = {}

test('every write of the admin API has a command, or a reason for having none', () => {
  const writes = (Object.entries(operations) as [OperationName, Operation][]).filter(([, operation]) => isWrite(operation))
  for (const [name] of writes) assert.ok(name in inputs || name in withoutCommand, `${name}: add it to page-commands.fixture.ts`)
})

for (const [name, samples] of Object.entries(inputs) as [OperationName, readonly OperationInput<OperationName>[]][])
  for (const [index, input] of samples.entries())
    test(`the command of ${name} (${index + 1}) sends what the page sends`, async () => {
      const line = commandLineOf(name, input)
      assert.ok(line, `${name} has no command in packages/admin/src/commands.ts`)
      assert.deepEqual(line.missing, [], line.text)
      const [program, ...args] = execFileSync('bash', ['-c', `printf '%s\\0' ${line.text}`], { encoding: 'utf8' })
        .split('\0')
        .slice(0, -1)
      assert.equal(program, 'countersign')
      const sent = await writeOf((operations[name] as Operation).destructive ? [...args, '--yes'] : args)
      assert.deepEqual(sent, requestOf(name, input), line.text)
    })

test('what a command cannot say is named', () => {
  const input = { params: { realm: 'r', client: 'c' }, body: { enabled: false, name: 'New', operatorRealms: ['r'] } }
  assert.deepEqual(commandLineOf('clients.update', input)?.missing.toSorted(), ['name', 'operatorRealms'])
  assert.equal(commandLineOf('realms.list', { params: {} }), undefined)
})

interface Sent {
  readonly method: string
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  readonly body: unknown
}

function requestOf(name: OperationName, { params, query, body }: { params: object; query?: object; body?: object }): Sent {
  const { method, path }: Operation = operations[name]
  const values = params as Readonly<Record<string, unknown>>
  const place = path.replace(/\{(\w+)\}/g, (_, member: string) => encodeURIComponent(String(values[member])))
  return { method, path: place, query: { ...(query as Record<string, string>) }, body: normalized(method, place, body) }
}

/** With the defaults of the operation filled in. */
function normalized(method: string, path: string, body: unknown): unknown {
  const operation = (Object.values(operations) as Operation[]).find(
    (one) => one.method === method && new RegExp(`^${one.path.replace(/\{\w+\}/g, '[^/]+')}$`).test(path),
  )
  return operation?.body ? operation.body.parse(body ?? {}) : undefined
}

/** The write that a command sends. Answers are those that a command needs to go on, or none. */
async function writeOf(args: readonly string[]): Promise<Sent | undefined> {
  let write: Sent | undefined
  const muted = [mock.method(console, 'log', () => {}), mock.method(console, 'error', () => {})]
  const faked = mock.method(globalThis, 'fetch', async (input: string | URL | Request, init?: RequestInit) => {
    const request = new Request(input, init)
    const url = new URL(request.url)
    if (url.pathname.endsWith('/token')) return Response.json({ access_token: 'token', token_type: 'Bearer', expires_in: 300 })
    if (request.method === 'GET') return Response.json(url.pathname.includes('/claim-sets/') ? aClaimSet : aClient)
    const text = await request.text()
    write ??= {
      method: request.method,
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      body: normalized(request.method, url.pathname, text === '' ? undefined : JSON.parse(text)),
    }
    return Response.json({ type: 'http://localhost:1/problems/not-found', title: 'Not found', detail: 'Not found' }, { status: 404 })
  })
  try {
    await runCommandLine([...args, '--json'])
  } finally {
    for (const method of [...muted, faked]) method.mock.restore()
  }
  return write
}

const instant = '2026-01-31T12:00:00.000Z'
const versioned = { version: 3, createdAt: instant, updatedAt: instant }
const uuid = '5f0c6a0e-8f55-4b6e-9a43-6a1f5d1f7c11'
const aClaimSet = {
  name: 'partners',
  realm: 'nt24-idp',
  description: '',
  grant: { audiences: [], roles: { realm: [], clients: {} }, claims: {} },
  clients: 0,
  ...versioned,
}
const aClient = {
  id: uuid,
  realm: 'nt24-idp',
  clientId: 'api-client-acme',
  organization: { id: uuid, slug: 'acme', name: 'Acme' },
  name: 'Order backend',
  enabled: true,
  serviceAccountEnabled: true,
  authenticationMethods: ['client_secret_basic'],
  scopes: ['profile'],
  accessTokenLifetime: null,
  signingAlgorithm: null,
  tokensNotBefore: null,
  secrets: [],
  ...versioned,
}
