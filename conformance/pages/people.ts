// People of an organization, who join by an invitation in a browser. Chromium's virtual authenticator is their device: it makes passkeys and
// shows that the person is there by itself.
import type { Page, Request } from 'playwright-core'
import type { AdminClient } from '@countersign/admin'
import { problemContentType } from '@countersign/protocol'
import { fullRealm, type ServedPages } from './served-pages.ts'

export interface Authenticator {
  /** Each passkey on the device: whether it signs in without a name, and for which host. */
  passkeys(): Promise<{ readonly isResident: boolean; readonly host: string }[]>
  /** Whether the person can show that it is them, by a finger or a PIN. */
  setVerified(isVerified: boolean): Promise<void>
  lose(): Promise<void>
}

export async function addAuthenticator(tab: Page): Promise<Authenticator> {
  const device = await tab.context().newCDPSession(tab)
  await device.send('WebAuthn.enable')
  const { authenticatorId } = await device.send('WebAuthn.addVirtualAuthenticator', {
    options: {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    },
  })
  return {
    async passkeys() {
      const { credentials } = await device.send('WebAuthn.getCredentials', { authenticatorId })
      return credentials.map(({ isResidentCredential: isResident, rpId = '' }) => ({ isResident, host: rpId }))
    },
    async setVerified(isVerified) {
      await device.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified: isVerified })
    },
    async lose() {
      await device.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId })
    },
  }
}

export type Role = 'viewer' | 'developer' | 'admin'

/** The link. */
export async function invite(admin: AdminClient, organization: string, role: Role): Promise<string> {
  const { url } = await admin.call('invitations.create', { params: { realm: fullRealm, organization }, body: { role } })
  return url!
}

/** The next change there is answered as if the sign-in were long ago. */
export async function answerSignInAgain(tab: Page, path: string): Promise<void> {
  const problem = {
    type: 'http://localhost/problems/sign-in-again',
    title: 'Sign in again',
    status: 403,
    detail: 'This step needs a fresh sign-in.',
    remedy: 'Sign in again.',
  }
  const answer = { status: 403, contentType: problemContentType, body: JSON.stringify(problem) }
  let isAnswered = false
  await tab.route(path, (route) => {
    if (isAnswered || route.request().method() === 'GET') return route.fallback()
    isAnswered = true
    return route.fulfill(answer)
  })
}

export interface Joining {
  readonly organization: string
  readonly role: Role
  readonly name: string
  readonly address?: string
}

/** The browser of the tab has their session then. */
export async function joinPortal(
  { admin, origin }: Pick<ServedPages, 'admin' | 'origin'>,
  tab: Page,
  joining: Joining,
): Promise<Authenticator> {
  const authenticator = await addAuthenticator(tab)
  await tab.goto(await invite(admin, joining.organization, joining.role))
  await tab.getByLabel('Your name').fill(joining.name)
  const { name, organization, address = `${name.toLowerCase().replaceAll(' ', '.')}@${organization}.example` } = joining
  await tab.getByLabel('Your work email address').fill(address)
  await tab.getByRole('button', { name: 'Make a passkey' }).click()
  await tab.waitForURL(`${origin}/portal`)
  return authenticator
}

/**
 * The session ends, and the page learns of it by its next change: what it reads by itself waits for the answer to that.
 * @param name of the cookie; all of them if it is not given
 */
export async function loseSession(tab: Page, name?: string): Promise<void> {
  const isChange = (request: Request) => request.method() !== 'GET'
  const { promise: learned, resolve } = Promise.withResolvers<void>()
  const onFinished = (request: Request) => {
    if (isChange(request)) resolve()
  }
  tab.on('requestfinished', onFinished)
  await tab.route('**/*', async (route) => {
    if (!isChange(route.request())) await learned
    await route.fallback()
  })
  void learned.then(() => tab.off('requestfinished', onFinished))
  await tab.context().clearCookies(name === undefined ? {} : { name })
}
