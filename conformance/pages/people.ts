// People of an organization, who join by an invitation in a browser. Chromium's virtual authenticator is their device: it makes passkeys and
// shows that the person is there by itself.
import type { Page } from 'playwright-core'
import type { AdminClient } from '@countersign/admin'
import { fullRealm, type ServedPages } from './served-pages.ts'

export interface Authenticator {
  /** The id of each passkey on the device. */
  passkeys(): Promise<string[]>
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
      return credentials.map(({ credentialId }) => credentialId)
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

export interface Joining {
  readonly organization: string
  readonly role: Role
  readonly name: string
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
  await tab.getByLabel('Your work email address').fill(`${joining.name.toLowerCase().replaceAll(' ', '.')}@${joining.organization}.example`)
  await tab.getByRole('button', { name: 'Make a passkey' }).click()
  await tab.waitForURL(`${origin}/portal`)
  return authenticator
}
