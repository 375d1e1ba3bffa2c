// Signing in at a Keycloak as its own distribution runs it. The first run fetches it, 150 MB; later ones use what is in the cache. On one store,
// because it is about what Keycloak answers. Takes 130 s.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { after, suite, test } from 'node:test'
import { findFreePort } from '../free-port.fixture.ts'
import { eventually } from '../store/processes.fixture.ts'
import { startTestServerOnAnyStore, type TestServer } from '../test-server.fixture.ts'
import { anIdpBrowser, targetOf, withIdp } from './idp-browser.fixture.ts'
import { whyWithoutKeycloak } from './keycloak-distribution.fixture.ts'
import { asUser, startKeycloak, type Keycloak } from './keycloak.fixture.ts'
import { signInAtPages } from './oidc-provider.fixture.ts'

const hasJava = spawnSync('java', ['-version']).status === 0
const skip = hasJava ? whyWithoutKeycloak() : 'needs Java'

const port = await findFreePort()
const origin = `http://localhost:${port}`
const callbackUrl = `${origin}/console/api/oidc/callback`

async function start(): Promise<readonly [Keycloak, TestServer]> {
  const people = { ada: ['admins'], eve: ['sales'] }
  const keycloak = await startKeycloak({ callbackUrl, logoutUrl: `http://127.0.0.1:${port}/console/api/oidc/logout`, people })
  after(() => keycloak.close())
  const server = await startTestServerOnAnyStore({ settings: `publicUrl: ${origin}\n${withIdp(keycloak)}`, realms: ' {}', nodes: 1 })
  await server.app.listen({ host: '127.0.0.1', port })
  return [keycloak, server]
}

const started = skip === false ? await start() : undefined

suite('signing in at a Keycloak', { skip }, () => {
  const [keycloak, server] = started ?? []
  if (!keycloak || !server) return

  const visit = (username: string, cookies?: Map<string, string>) => (url: string) =>
    signInAtPages(url, callbackUrl, asUser(username, keycloak.password), cookies)

  test('a person in a group with a role signs in, and signs in again for a step that needs it', async () => {
    const browser = anIdpBrowser(server)
    const cookies = new Map<string, string>()
    const back = await visit('ada', cookies)(targetOf(await browser.start({ return: '/console/audit' })))
    assert.equal(targetOf(await browser.comeBack(back)), '/console/audit')
    const { person, scopes, confirmedUntil } = (await browser.page().session()).json()
    assert.deepEqual([person.name, person.address], ['ada Keycloak', 'ada@acme.example'])
    assert.ok(scopes.includes('keys:write'))
    assert.equal(targetOf(await browser.comeBack(back)), '/console/sign-in?error=sign-in-ended')
    server.clock.advance(60_000)
    const again = await visit('ada', cookies)(targetOf(await browser.start({ confirm: '1' })))
    assert.equal(targetOf(await browser.comeBack(again)), '/console')
    assert.ok((await browser.page().session()).json().confirmedUntil > confirmedUntil)
  })

  test('a person in no such group does not get in', async () => {
    const browser = anIdpBrowser(server)
    const back = await visit('eve')(targetOf(await browser.start()))
    assert.equal(targetOf(await browser.comeBack(back)), '/console/sign-in?error=no-role')
  })

  test('once an administrator signs the person out there, the session here has ended', async () => {
    server.clock.advance(Date.now() - server.clock.now()) // Its tokens are dated by the time of this machine.
    const browser = anIdpBrowser(server)
    await browser.comeBack(await visit('ada')(targetOf(await browser.start())))
    assert.equal((await browser.page().session()).statusCode, 200)
    await keycloak.signOut('ada')
    await eventually('the session has ended', async () => (await browser.page().session()).statusCode === 401)
  })
})
