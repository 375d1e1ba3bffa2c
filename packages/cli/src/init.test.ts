// A new server from the empty folder to the first token, by the steps that the commands print.
import assert from 'node:assert/strict'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { findFreePorts } from '@countersign/server/free-port.fixture'
import { aFolder } from './demo.fixture.ts'
import { callCommand, runCommand, startCommand } from './process.fixture.ts'

test('a new server: init, serve, and all further commands with the credentials that init printed', async () => {
  const folder = aFolder()
  const created = await runCommand('init', { cwd: folder })
  assert.equal(created.exitCode, 0, created.stderr)
  const port = await useFreePort(folder)
  const server = await startCommand('serve --config countersign.yaml', '  partners: ', { cwd: folder })
  assert.match(server.stdout, new RegExp(`^Serving http://localhost:${port} on 127\\.0\\.0\\.1:${port}\n  partners: http`))

  const exports = [...created.stdout.matchAll(/export (\w+)=(\S+)/g)].map(([, name, value]) => [name, value!.replace('8080', String(port))])
  const operator = Object.fromEntries(exports) as Record<string, string>
  const organization = await callCommand('organization create --realm partners --slug acme --name Acme', operator)
  assert.match(organization.stdout, /^organization {2}Acme \(acme\)$/m, organization.stderr)
  const client = await callCommand('client create --realm partners --organization acme --json', operator)
  const token = await runCommand(
    `token get --token-url http://localhost:${port}/realms/partners/oauth2/token --client-id api-client-acme --client-secret-file - --decode`,
    { env: operator, input: JSON.parse(client.stdout).clientSecret },
  )
  assert.equal(JSON.parse(token.stdout).claims.client_id, 'api-client-acme')
  assert.equal((await server.stop()).exitCode, 0)
})

test('init --json prints all paths; every file is readable by its user only, and another init does not use them', async () => {
  const folder = aFolder()
  const { stdout } = await runCommand('init --json', { cwd: folder })
  const { files, operator } = JSON.parse(stdout)
  for (const file of Object.values<string>(files)) assert.equal(modeOf(resolve(folder, file)), 0o600, file)
  assert.equal(modeOf(join(folder, '.countersign')), 0o700)
  assert.deepEqual(Object.keys(operator).toSorted(), ['clientId', 'clientSecret', 'tokenUrl'])

  const { exitCode, stderr } = await callCommand(`init --config ${join(folder, 'other.yaml')}`)
  assert.equal(exitCode, 7)
  assert.match(stderr, /pepper" already exists/)
  assert.equal(existsSync(join(folder, 'other.yaml')), false)
})

test('init overwrites nothing', async () => {
  const folder = aFolder()
  writeFileSync(join(folder, 'countersign.yaml'), 'mine')
  const { exitCode, stderr } = await callCommand(`init --config ${join(folder, 'countersign.yaml')}`)
  assert.equal(exitCode, 7)
  assert.match(
    stderr,
    /countersign\.yaml" already exists.*\nNext: Start the existing server with "countersign serve --config .*countersign\.yaml"/,
  )
  assert.equal(readFileSync(join(folder, 'countersign.yaml'), 'utf8'), 'mine')
  assert.equal(existsSync(join(folder, '.countersign')), false)
})

async function useFreePort(folder: string): Promise<number> {
  const port = await findFreePorts()
  const file = join(folder, 'countersign.yaml')
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll('8080', String(port)))
  return port
}

function modeOf(file: string): number {
  return statSync(file).mode & 0o777
}
