// Passkeys (Web Authentication): the browser makes and uses them, and asks the person itself. What goes to the server and comes from it is
// JSON, which the browser reads and writes.
import { apiPath, send } from './call.ts'
import { CallError } from './call-error.ts'

export function canUsePasskeys(): boolean {
  return typeof PublicKeyCredential === 'function' && typeof PublicKeyCredential.parseCreationOptionsFromJSON === 'function'
}

/** @param path where the options come from, such as `/passkeys/options` @throws CallError */
export async function makePasskey(path: string, asked: object): Promise<unknown> {
  const { publicKey } = (await send(apiPath(path), { method: 'POST', body: asked })) as {
    readonly publicKey: PublicKeyCredentialCreationOptionsJSON
  }
  return use('make', () => navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(publicKey) }))
}

/** Proves that a person is there, with any of their passkeys for this host. @throws CallError */
export async function showPasskey(): Promise<unknown> {
  const { publicKey } = (await send(apiPath('/passkey/options'), { method: 'POST', body: {} })) as {
    readonly publicKey: PublicKeyCredentialRequestOptionsJSON
  }
  return use('show', () => navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(publicKey) }))
}

async function use(step: Step, ask: () => Promise<Credential | null>): Promise<unknown> {
  if (!canUsePasskeys()) throw failed(step, 'NotSupportedError')
  try {
    return ((await ask()) as PublicKeyCredential).toJSON()
  } catch (thrown) {
    throw failed(step, thrown instanceof DOMException ? thrown.name : '')
  }
}

type Step = 'make' | 'show'

const titles = { make: 'No passkey was made', show: 'No passkey was used' } as const

/** What a browser says is for programs, and nearly everything is `NotAllowedError` so that sites learn nothing. */
export function failed(step: Step, name: string): CallError {
  const [detail, remedy] = words[name] ?? others[step]
  return new CallError({ code: 'passkey', title: titles[step], detail, remedy })
}

const others = {
  make: [
    'It was cancelled, took too long, or this device has no place for a passkey.',
    'Try again. A phone, a security key or a password manager can hold it, too: the browser offers those that it finds.',
  ],
  show: [
    'It was cancelled, took too long, or there is no passkey for this page on this device.',
    'Try again, or use the device that has your passkey. If it is lost, ask a colleague with the role “admin”, or the provider, for a new invitation.',
  ],
} as const

const words: Readonly<Record<string, readonly [detail: string, remedy: string]>> = {
  InvalidStateError: ['This device has a passkey of yours for this page already.', 'Use that one, or make another on a further device.'],
  NotSupportedError: [
    'This browser cannot use passkeys.',
    'Use a current version of Chrome, Edge, Firefox or Safari, or sign in with a client id and secret.',
  ],
  ConstraintError: ['This device cannot check who uses it.', 'Turn on its screen lock, or use another device.'],
  SecurityError: [
    'Passkeys are made for another address than that of this page.',
    'Tell the provider: the address in its settings of the portal is another one.',
  ],
}
