// Signing in at an identity provider that this project has not written: oidc-provider, which is certified by the OpenID Foundation.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { startTestServer } from '../test-server.fixture.ts'
import { anIdpBrowser, targetOf, withIdp } from './idp-browser.fixture.ts'
import { asLogin, signInAtPages, startOidcProvider } from './oidc-provider.fixture.ts'

const callbackUrl = 'http://localhost:8080/console/api/oidc/callback'
const provider = await startOidcProvider({ callbackUrl })
after(() => provider.close())
provider.people['ada'] = { name: 'Ada Lovelace', email: 'ada@acme.example', groups: ['admins'] }
provider.people['eve'] = { name: 'Eve', groups: ['sales'] }
const settings = withIdp(provider, { more: ', scopes: [profile, email, groups]' })

const visit = (login: string, cookies?: Map<string, string>) => (url: string) => signInAtPages(url, callbackUrl, asLogin(login), cookies)

test('a person signs in at oidc-provider, whose groups are at its userinfo endpoint', async () => {
  const server = await startTestServer({ settings, realms: ' {}' })
  const browser = anIdpBrowser(server)
  const back = await visit('ada')(targetOf(await browser.start({ return: '/console/audit' })))
  assert.equal(targetOf(await browser.comeBack(back)), '/console/audit')
  const session = (await browser.page().session()).json()
  assert.deepEqual([session.person.name, session.person.address], ['Ada Lovelace', 'ada@acme.example'])
  assert.equal(targetOf(await browser.comeBack(back)), '/console/sign-in?error=sign-in-ended', 'a second time')
})

test('a person without a role here does not get in', async () => {
  const server = await startTestServer({ settings, realms: ' {}' })
  const browser = anIdpBrowser(server)
  const back = await visit('eve')(targetOf(await browser.start()))
  assert.equal(targetOf(await browser.comeBack(back)), '/console/sign-in?error=no-role')
})

test('a fresh sign-in has it ask again, although the person has a session there', async () => {
  const server = await startTestServer({ settings, realms: ' {}' })
  const browser = anIdpBrowser(server)
  const cookies = new Map<string, string>()
  let asked = 0
  const counting = (page: string) => {
    if (page.includes('value="login"')) asked++
    return asLogin('ada')(page)
  }
  const visitWithSession = (url: string) => signInAtPages(url, callbackUrl, counting, cookies)
  await browser.comeBack(await visitWithSession(targetOf(await browser.start())))
  await browser.comeBack(await visitWithSession(targetOf(await browser.start())))
  assert.equal(asked, 1, 'its own session is enough for a usual sign-in')
  const { confirmedUntil } = (await browser.page().session()).json()
  server.clock.advance(60_000)
  assert.equal(targetOf(await browser.comeBack(await visitWithSession(targetOf(await browser.start({ confirm: '1' }))))), '/console')
  assert.equal(asked, 2)
  assert.ok((await browser.page().session()).json().confirmedUntil > confirmedUntil)
})
