import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer, request } from 'node:http'
import { createServer as createSocketServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { Command } from 'commander'
import { AdminRequestError } from '@countersign/admin'
import { createProgram } from './command-line.ts'
import { aFolder, startTestDemo } from './demo.fixture.ts'
import { describeExitCodes, exitCodes } from './exit-codes.ts'
import { exitReasonOf } from './exit-reason.ts'
import { callCommand } from './process.fixture.ts'

const demo = await startTestDemo()
const { clientId, clientSecret } = demo.operator
const asOperator = { COUNTERSIGN_SERVER: demo.serverUrl, COUNTERSIGN_CLIENT_ID: clientId, COUNTERSIGN_CLIENT_SECRET: clientSecret }
const nothingListens = { ...asOperator, COUNTERSIGN_SERVER: 'http://127.0.0.1:9' }
const folder = aFolder()
const existing = join(folder, 'countersign.yaml')
writeFileSync(existing, 'listen: [', { mode: 0o600 })

/** In front of the demo; breaks the connection of each request to the admin API. */
const breaking = createServer((incoming, response) => {
  if (incoming.url!.startsWith('/admin/')) return void response.destroy()
  const { method, url, headers } = incoming
  incoming.pipe(
    request(new URL(url!, demo.serverUrl), { method: method!, headers }, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers)
      answer.pipe(response)
    }),
  )
})
await new Promise<void>((resolve) => breaking.listen({ host: '127.0.0.1', port: 0 }, resolve))
after(() => breaking.close())
const breaksOff = { ...asOperator, COUNTERSIGN_SERVER: `http://127.0.0.1:${(breaking.address() as AddressInfo).port}` }

/** What PostgreSQL says during its start: an error with the code 57P03. */
const starting = createSocketServer((socket) => {
  const fields = Buffer.from('SFATAL\0C57P03\0Mthe database system is starting up\0\0')
  const length = Buffer.alloc(4)
  length.writeInt32BE(fields.length + 4)
  socket.on('error', () => {}).once('data', () => socket.end(Buffer.concat([Buffer.from('E'), length, fields])))
})
await new Promise<void>((resolve) => starting.listen({ host: '127.0.0.1', port: 0 }, resolve))
after(() => starting.close())
const startingStore = `postgres://me@127.0.0.1:${(starting.address() as AddressInfo).port}/x`

const show = 'client show api-client-acme --realm nt24-idp'
const get = `token get --token-url ${demo.systems['ptv']!.tokenUrl} --client-id`
const failures: readonly [code: number, what: string, args: string, env?: Readonly<Record<string, string>>][] = [
  [2, 'an unknown command', 'orgnization list'],
  [2, 'an unknown option', 'organization list --realm prod --nonsense'],
  [2, 'a missing option', 'organization list'],
  [2, 'a group without a command', 'organization'],
  [2, 'a value that the command rejects', 'secret extend api-client-acme --realm prod --window soon'],
  [2, 'a value that the server rejects', 'organization create --realm prod --slug UPPER --name Upper'],
  [2, 'half of the credentials', show, { COUNTERSIGN_CLIENT_ID: 'only-half' }],
  [3, 'a server that does not listen', show, nothingListens],
  [3, 'a change at a server that does not listen', 'client disable api-client-acme --realm prod', nothingListens],
  [3, 'a host without an address', 'token get --token-url https://nowhere.invalid/token --client-id a', { COUNTERSIGN_CLIENT_SECRET: 'a' }],
  [3, 'a connection that breaks off', show, breaksOff],
  [3, 'a database that does not answer', `init --config ${folder}/new.yaml --store postgres://me@127.0.0.1:1/x`],
  [3, 'a database that is starting', `init --config ${folder}/new.yaml --store ${startingStore}`],
  [4, 'a wrong secret of the operator', show, { ...asOperator, COUNTERSIGN_CLIENT_SECRET: 'wrong' }],
  [4, 'a wrong secret of a client', `${get} api-client-acme`, { COUNTERSIGN_CLIENT_SECRET: 'wrong' }],
  [4, 'a scope that was not granted', `token get nxtsoft/acme --scope nonsense`],
  [5, 'an unknown client', 'client show unknown --realm prod'],
  [5, 'an unknown realm', 'organization list --realm nowhere'],
  [5, 'an unknown client of the demo', 'token get ptv/unknown'],
  [7, 'a name that is taken', 'organization create --realm prod --slug acme --name Acme'],
  [7, 'a rotation that was not started', 'secret confirm api-client-acme --realm prod'],
  [7, 'another version', 'client update api-client-acme --realm prod --name New --if-version 99'],
  [7, 'a file that init would overwrite', `init --config ${existing}`],
  [8, 'a missing configuration', 'serve --config nowhere.yaml'],
  [8, 'an invalid configuration', `audit verify --config ${existing}`],
  [8, 'a folder in place of a file', `partner authorize --file ${folder} --realm prod --organization acme`],
  [8, 'a missing file', `partner authorize --file ${folder}/none --realm prod --organization acme`],
]
for (const [code, what, args, env] of failures) {
  test(`fault 8.11: ${what} exits with ${code}`, async () => {
    const { exitCode, stderr } = await callCommand(args, env)
    assert.equal(exitCode, code, stderr)
  })
}

test('fault 8.11: an error of the server that is no answer to the request has a code of its own', () => {
  const reason = (status: number, code = 'x') => exitReasonOf(new AdminRequestError(status, { type: `/${code}` }))
  assert.deepEqual([reason(500, 'internal-error'), reason(500), reason(502), reason(429)], ['internal', 'network', 'network', 'network'])
  assert.equal(exitReasonOf(new RangeError('a defect')), 'internal')
})

test('fault 8.11: no two reasons have one exit code', () => {
  const codes = Object.values(exitCodes).map(({ code }) => code)
  assert.deepEqual([...new Set(codes)], codes)
})

function pathsOf(command: Command): string[] {
  return command.commands.flatMap((child) => [child.name(), ...pathsOf(child).map((path) => `${child.name()} ${path}`)])
}

test('fault 8.11: the help of every command lists the exit codes', async () => {
  for (const path of ['', ...pathsOf(createProgram()).map((path) => `${path} `)]) {
    const { stdout } = await callCommand(`${path}--help`)
    assert.ok(stdout.includes(describeExitCodes()), path)
  }
})

test('fault 8.11: the guide explains every exit code', () => {
  const guide = readFileSync(join(import.meta.dirname, '../../../docs/operating.md'), 'utf8')
  const rows = Object.values(exitCodes).map(({ code, name, meaning }) => `| ${code} | ${name} | ${meaning} |`)
  assert.ok(guide.includes(`|---|---|---|\n${rows.join('\n')}\n`), `the table of exit codes should be:\n${rows.join('\n')}`)
})
