// The settings and the nginx of docs/console.md, as they stand there.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { parseConfiguration } from '../src/configuration/configuration.ts'
import { sameOrigin, sessionPath } from './console.fixture.ts'
import { findFreePort } from './free-port.fixture.ts'
import { skipWithout } from './installed-program.fixture.ts'
import { eventually } from './store/processes.fixture.ts'
import { startTestServerOnAnyStore } from './test-server.fixture.ts'

const guide = readFileSync(join(import.meta.dirname, '../../../docs/console.md'), 'utf8')
const blocks = [...guide.matchAll(/^```(\w+)\n([^]*?)^```$/gm)].map(([, language, text]) => ({ language, text: text! }))
const [empty, proxied, atCompany, defaults] = blocks.filter(({ language }) => language === 'yaml').map(({ text }) => text)

const skip = skipWithout({
  name: 'nginx',
  debianPackage: 'nginx-light',
  isThere: () => existsSync('/usr/sbin/nginx'),
  before: `printf '#!/bin/sh\\nexit 101\\n' > /usr/sbin/policy-rc.d && chmod 755 /usr/sbin/policy-rc.d`,
  after: 'rm -f /usr/sbin/policy-rc.d',
})

test('the settings of the guide are accepted, and those of sessions are the defaults', () => {
  const settings = (yaml: string) => parseConfiguration(`${yaml}\nrealms: {}`, '/').console
  assert.deepEqual(settings(defaults!), settings(empty!))
  assert.equal(settings(proxied!)?.publicUrl, 'https://console.internal.example')
})

test('the identity provider of the guide is accepted', () => {
  const realms = 'nt24-idp: { issuer: /a, tokenEndpoint: /a/token, audience: a }'
  const yaml = `behindTlsProxy: true\npublicUrl: https://auth.example.com\n${atCompany}\nrealms: { ${realms} }`
  const { oidc } = parseConfiguration(yaml, '/').console!.signIn
  assert.equal(oidc?.clientSecret, 'file:/etc/countersign/idp-client-secret')
})

test(
  'the nginx of the guide has the console at the internal name only, and passes on what it needs',
  { skip, timeout: 30_000 },
  async (t) => {
    const server = await startTestServerOnAnyStore({ settings: proxied!.replace(/^listen: .*\n/m, ''), nodes: 1 })
    const { port } = await server.listen()
    const front = await findFreePort()
    const folder = mkdtempSync(join(tmpdir(), 'countersign-nginx-'))
    const servers = blocks
      .find(({ language }) => language === 'nginx')!
      .text.replaceAll('listen 443 ssl;', `listen 127.0.0.1:${front};`)
      .replaceAll('127.0.0.1:8080', `127.0.0.1:${port}`)
      .replace('allow 10.0.0.0/8;', 'allow 127.0.0.1;')
    const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((name) => `${name}_temp_path ${name};`).join(' ')
    const main = `pid nginx.pid;\nerror_log error.log;\nevents {}\nhttp { access_log off; ${temporary}\n${servers} }\n`
    writeFileSync(join(folder, 'nginx.conf'), main)
    const nginx = spawn('/usr/sbin/nginx', ['-p', folder, '-c', 'nginx.conf', '-g', 'daemon off;'], { stdio: 'ignore' })
    t.after(async () => {
      nginx.kill()
      if (nginx.exitCode === null) await once(nginx, 'exit')
      rmSync(folder, { recursive: true })
    })

    async function ask(host: string, path: string, { method = 'GET', headers = {}, body }: Asked = {}) {
      const asked = httpRequest({ host: '127.0.0.1', port: front, path, method, agent: false, headers: { host, ...headers } })
      const [response] = (await once(asked.end(body), 'response')) as [IncomingMessage]
      return response
    }
    const publicName = 'auth.example.com'
    const internal = 'console.internal.example'
    await eventually('nginx answers', async () => (await ask(publicName, '/readyz').catch(() => undefined))?.statusCode === 200, 10)

    const body = JSON.stringify(server.operator, ['clientId', 'clientSecret'])
    const post: Asked = { method: 'POST', headers: { ...sameOrigin, 'content-type': 'application/json' }, body }
    for (const path of ['/console', '/console/', sessionPath, '/console/api/v1/realms'])
      assert.equal((await ask(publicName, path, path === sessionPath ? post : {})).statusCode, 404, path)
    assert.equal((await ask(internal, '/realms/nt24-idp/.well-known/openid-configuration')).statusCode, 404)
    const signedIn = await ask(internal, sessionPath, post)
    assert.equal(signedIn.statusCode, 201)
    const [cookie = ''] = signedIn.headers['set-cookie'] ?? []
    const headers = { ...sameOrigin, cookie: cookie.split(';', 1)[0]! }
    assert.equal((await ask(internal, '/console/api/v1/realms', { headers })).statusCode, 200)
    const events = await ask(internal, '/console/events', { headers })
    const [first] = (await once(events, 'data')) as [Buffer]
    assert.match(first.toString(), /^retry: 2000/)
    events.destroy()
  },
)

interface Asked {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}
