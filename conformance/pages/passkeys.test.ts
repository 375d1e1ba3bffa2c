// Passkeys of a real browser at the routes of the portal: Chromium's virtual authenticator makes one for an invitation, and signs in by it.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { Page } from 'playwright-core'
import { skipWithoutBrowser } from './browser.ts'
import { shareOpenedPages } from './opened-pages.ts'
import { addAuthenticator, invite } from './people.ts'

interface Answer {
  readonly status: number
  readonly body: { readonly person?: { readonly id: string; readonly name: string }; readonly role?: string; readonly type?: string }
}

const mia = { name: 'Mia Wong', address: 'mia.wong@acme.example' }

describe('a passkey of a real browser', { skip: skipWithoutBrowser }, () => {
  const shared = shareOpenedPages()

  test('is made for an invitation, signs in, and confirms the session', async () => {
    const { admin, origin, openTab } = shared()
    const { tab, context } = await openTab({ operator: null })
    const device = await addAuthenticator(tab)
    const invitation = new URL(await invite(admin, 'acme', 'developer')).hash.slice(1)
    await tab.goto(`${origin}/portal/sign-in`)

    const accepted = await makePasskey(tab, invitation)
    assert.equal(accepted.status, 201, JSON.stringify(accepted.body))
    assert.deepEqual([accepted.body.person?.name, accepted.body.role], [mia.name, 'developer'])
    assert.deepEqual(await device.passkeys(), [{ isResident: true, host: new URL(origin).hostname }])
    assert.equal((await makePasskey(tab, invitation)).status, 404)

    await context.clearCookies()
    const signedIn = await usePasskey(tab, 'session')
    assert.equal(signedIn.status, 201, JSON.stringify(signedIn.body))
    assert.equal(signedIn.body.person?.id, accepted.body.person?.id)
    assert.equal((await usePasskey(tab, 'session/confirm')).status, 200)

    await device.setVerified(false)
    await assert.rejects(usePasskey(tab, 'session'), /NotAllowedError/)
  })
})

/** As text: the types of the page are not those of this file. */
const post = `const post = async (path, body) => {
  const answer = await fetch('/portal/api/' + path, { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) })
  return { status: answer.status, body: await answer.json() }
}`

async function makePasskey(tab: Page, invitation: string): Promise<Answer> {
  return (await tab.evaluate(`(async () => {
    ${post}
    const asked = ${JSON.stringify({ invitation, ...mia })}
    const options = await post('invitation/options', asked)
    if (options.status !== 200) return options
    const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(options.body.publicKey)
    const credential = (await navigator.credentials.create({ publicKey })).toJSON()
    return post('invitation/accept', { ...asked, credential })
  })()`)) as Answer
}

async function usePasskey(tab: Page, path: string): Promise<Answer> {
  return (await tab.evaluate(`(async () => {
    ${post}
    const { body } = await post('passkey/options', {})
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(body.publicKey)
    const passkey = (await navigator.credentials.get({ publicKey })).toJSON()
    return post('${path}', { passkey })
  })()`)) as Answer
}
