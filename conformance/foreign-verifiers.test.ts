// Foreign software in every run of the tests: a row of each language whose installation is small. "npm run interop" has all rows. Outside of
// CI the rows that it has installed are run, the others skipped by name; in CI they are installed here. Takes 70 s.
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { suite, test } from 'node:test'
import { checkPart, parts } from '../interop/check-row.ts'
import { install } from '../interop/install.ts'
import { installations, isInstalled, type Command } from '../interop/installations.ts'
import { rows, type Row } from '../interop/rows.ts'
import { versionsOf } from '../interop/versions.ts'
import { pagesWithPrograms, withPrograms } from '../scripts/page-programs.ts'
import { alterSignature, clientOf, metadataOf, newTokenOf, systemOf, target, tokenOf } from './target.fixture.ts'

/** In JavaScript with the packages of this project. */
const withOwnPackages = (file: string): Command => [process.execPath, join(import.meta.dirname, '..', 'interop', 'javascript', file)]
const fast: Readonly<Record<string, Partial<Row>>> = {
  jose: { verifies: withOwnPackages('verify_jose.mjs') },
  'openid-client': { calls: withOwnPackages('call_openid_client.mjs') },
  PyJWT: {},
  'go-oidc': {},
  'x/oauth2': {},
  Nimbus: {},
}

for (const [name, changes] of Object.entries(fast)) {
  const row: Row = { ...rows.find((row) => row.name === name)!, ...changes }
  const { language, version } = installations[row.installation]
  const isReady = language === 'JavaScript' || isInstalled(row.installation)
  const hasTools = spawnSync(version[0], version.slice(1)).error === undefined
  const isDue = isReady || (process.env['CI'] === 'true' && hasTools)
  const skip = isDue ? false : `${name} is not installed; "npm run interop -- --only ${name}" does it`
  test(`fault 7.11: ${name}, configured as its page says, works with the tokens of this server`, { skip, timeout: 200_000 }, async () => {
    if (language !== 'JavaScript') assert.equal(await install(row.installation), undefined)
    for (const part of parts.filter((part) => row[part] !== undefined)) await checkPart(row, part)
  })
}

test('every row has a program, and each of its packages a version', () => {
  assert.deepEqual(
    rows.filter((row) => parts.every((part) => row[part] === undefined)),
    [],
  )
  for (const row of rows.filter(({ installation }) => installation !== 'apache')) assert.doesNotThrow(() => versionsOf(row))
})

test('fault 7.11: the programs in the pages are those that were run', () => {
  for (const file of pagesWithPrograms) {
    const page = readFileSync(file, 'utf8')
    assert.match(page, /^<!-- program interop\//m)
    assert.equal(withPrograms(page), page, `${file}: run "npm run check", which writes it`)
  }
})

test('fault 7.11: the variables that docs/verify.md sets are those of the demo', (t) => {
  const [, block = ''] = /^```sh\n([^]*?)^```$/m.exec(readFileSync('docs/verify.md', 'utf8')) ?? []
  const folder = mkdtempSync(join(tmpdir(), 'countersign-variables-'))
  t.after(() => rmSync(folder, { recursive: true }))
  mkdirSync(join(folder, '.countersign'))
  writeFileSync(join(folder, '.countersign', 'demo.json'), JSON.stringify(target), { mode: 0o600 })
  const names = ['ISSUER', 'TOKEN_URL', 'API_URL', 'CLIENT_ID', 'CLIENT_SECRET']
  const { stdout } = spawnSync('bash', ['-c', `${block}\nprintenv ${names.join(' ')}`], { cwd: folder, encoding: 'utf8' })
  const { issuer, tokenUrl, apiUrl } = systemOf('novatrade24')
  const { clientId, clientSecret } = clientOf('novatrade24')
  assert.deepEqual(stdout.trim().split('\n'), [issuer, tokenUrl, `${apiUrl}/v1/me`, clientId, clientSecret])
})

const hasNginx = spawnSync('nginx', ['-v']).error === undefined

suite('nginx in front of an API', { skip: hasNginx ? false : 'nginx is not installed' }, () => {
  test('fault 7.11: auth_request to /v1/me lets in the tokens of its realm, and none that was altered, revoked or of another realm', async (t) => {
    const api = createServer((_request, response) => response.end('from the API')).listen(0, '127.0.0.1')
    t.after(() => api.close())
    const folder = mkdtempSync(join(tmpdir(), 'countersign-nginx-'))
    t.after(() => rmSync(folder, { recursive: true }))
    await once(api, 'listening')
    const gate = createServer().listen(0, '127.0.0.1')
    await once(gate, 'listening')
    const { port } = gate.address() as AddressInfo
    await new Promise((resolve) => gate.close(resolve))
    const configuration = readFileSync(join(import.meta.dirname, '..', 'interop', 'nginx.conf'), 'utf8')
      .replaceAll('COUNTERSIGN_ISSUER', systemOf('partner-api').issuer.replace('//localhost', '//127.0.0.1'))
      .replaceAll('API;', `http://127.0.0.1:${(api.address() as AddressInfo).port};`)
      .replaceAll('PORT', String(port))
      .replaceAll('FOLDER', folder)
    writeFileSync(join(folder, 'nginx.conf'), configuration)
    const nginx = spawn('nginx', ['-p', folder, '-c', join(folder, 'nginx.conf')], { stdio: 'ignore' })
    t.after(async () => {
      nginx.kill()
      if (nginx.exitCode === null) await once(nginx, 'exit')
    })

    const call = (token?: string) =>
      fetch(`http://127.0.0.1:${port}/api/orders`, token === undefined ? {} : { headers: { authorization: `Bearer ${token}` } })
    const revoked = await newTokenOf('partner-api')
    const accepted = await untilItListens(() => call(revoked))
    assert.deepEqual([accepted.status, await accepted.text()], [200, 'from the API'])
    const { clientId, clientSecret } = clientOf('partner-api')
    const body = new URLSearchParams({ client_id: clientId, client_secret: clientSecret, token: revoked })
    await fetch((await metadataOf('partner-api')).revocation_endpoint, { method: 'POST', body })
    for (const token of [undefined, 'x', alterSignature(await tokenOf('partner-api')), revoked, await tokenOf('ptv')]) {
      const denied = await call(token)
      assert.equal(denied.status, 401)
      assert.match(String(denied.headers.get('www-authenticate')), /^Bearer (?!.*, Bearer)/)
    }
    assert.equal((await call(await tokenOf('partner-api'))).status, 200)
  })
})

/** A refused connection is answered at once, so this asks until the process has opened its socket, or fails for good. */
async function untilItListens(call: () => Promise<Response>): Promise<Response> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await call()
    } catch (error) {
      if (attempt >= 2000) throw error
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
}
