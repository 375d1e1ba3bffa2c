import assert from 'node:assert/strict'
import { isAscii } from 'node:buffer'
import { spawn, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, test } from 'node:test'
import type { OutputChunk } from 'rolldown'
import { findFreePort } from '@countersign/server/free-port.fixture'
import { bundleCommand } from './bundle.ts'

const folder = mkdtempSync(join(tmpdir(), 'countersign-bundle-'))
after(() => rmSync(folder, { recursive: true }))
const chunks = await bundleCommand(folder)

/** The chunks that are loaded together with the chunks that contain these modules. */
function loadedWith(...modules: string[]): Set<OutputChunk> {
  const found = new Set<OutputChunk>()
  const add = (chunk: OutputChunk | undefined) => {
    if (!chunk || found.has(chunk)) return
    found.add(chunk)
    for (const name of chunk.imports) add(chunks.find(({ fileName }) => fileName === name))
  }
  for (const module of modules) add(chunks.find(({ moduleIds }) => moduleIds.some((id) => id.endsWith(module))))
  return found
}

function runCommand(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(folder, 'main.js'), ...args], { encoding: 'utf8' })
  return { status, stdout, stderr }
}

test('the published command needs no other files', () => {
  assert.deepEqual(runCommand('--version'), { status: 0, stdout: '0.1.0\n', stderr: '' })
})

test('the published command loads the PostgreSQL driver on demand', () => {
  const file = join(folder, 'countersign.yaml')
  const realm = '{ issuer: /one, tokenEndpoint: /one/token, audience: api }'
  writeFileSync(file, `store: postgres://nobody@127.0.0.1:1/nothing\nrealms: { one: ${realm} }\n`)
  assert.match(runCommand('serve', '--config', file).stderr, /^Error: Cannot read the store .* ECONNREFUSED/)
})

test('a server starts from a few files, without the code that only PostgreSQL, metrics, the reference page or the gateway need', () => {
  const files = [...loadedWith('cli/src/main.ts', 'cli/src/command-line.ts', 'server/src/index.ts')]
  const modules = files.flatMap(({ moduleIds }) => moduleIds).join('\n')
  assert.match(modules, /node_modules\/fastify\//)
  assert.doesNotMatch(modules, /node_modules\/(?:pg|prom-client|@scalar|@grpc)\/|packages\/gateway\//)
  assert.ok(files.length <= 20, `${files.length} files`)
})

test('the licenses of all bundled packages are included', () => {
  const text = readFileSync(join(folder, 'LICENSES.txt'), 'utf8')
  for (const name of ['fastify', 'kysely', 'zod', 'pg', '@pinojs/redact']) assert.match(text, new RegExp(`^${name} \\d+\\.\\d+`, 'm'))
})

test('no file is beyond ASCII, which Node would keep in twice the memory', () => {
  for (const { fileName } of chunks) assert.ok(isAscii(readFileSync(join(folder, fileName))), fileName)
})

test('the published command serves without the implementation of fetch, which takes memory and a part of the start', async () => {
  const home = join(folder, 'home')
  mkdirSync(home)
  spawnSync(process.execPath, [join(folder, 'main.js'), 'init'], { cwd: home })
  const config = join(home, 'countersign.yaml')
  writeFileSync(config, readFileSync(config, 'utf8').replaceAll('8080', String(await findFreePort())))
  const hook = join(folder, 'hook.mjs')
  writeFileSync(hook, `process.once('exit', () => console.log(process.moduleLoadList.filter((name) => name.includes('undici/')).length))`)
  const server = spawn(process.execPath, ['--import', hook, join(folder, 'main.js'), 'serve', '--config', config])
  const printed = text(server.stdout)
  server.stdout.on('data', (output: Buffer) => output.includes('Serving') && server.kill('SIGTERM'))
  const [said, problems] = await Promise.all([printed, text(server.stderr)])
  assert.match(said, /Serving[^]*\n0\n$/, problems)
})
