// The ceremonies of WebAuthn at the portal: a passkey belongs to the host of the portal, and is made and used at its address only. The library
// is loaded with the first of them.
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server'
import { z } from 'zod'

export interface RelyingParty {
  /** The host of the portal, which a passkey is bound to. */
  readonly id: string
  readonly origin: string
}

export interface NewPasskey {
  /** Of the credential, in base64url. */
  readonly id: string
  /** COSE. */
  readonly publicKey: Uint8Array
  readonly counter: number
  readonly transports: readonly string[]
}

const text = z.string().max(12_000)
const ofCredential = { id: z.string().min(1).max(1400), rawId: z.string().max(1400), type: z.literal('public-key') }

/** What the library reads is checked by it; more members come with versions of browsers. */
export const registrationResponse = z.looseObject({
  ...ofCredential,
  response: z.looseObject({ clientDataJSON: text, attestationObject: text, transports: z.array(z.string().max(32)).max(16).optional() }),
})
export const authenticationResponse = z.looseObject({
  ...ofCredential,
  response: z.looseObject({ clientDataJSON: text, authenticatorData: text, signature: text, userHandle: z.string().max(128).nullish() }),
})

export type RegistrationResponse = z.output<typeof registrationResponse>
export type AuthenticationResponse = z.output<typeof authenticationResponse>

/** EdDSA, ES256, RS256. */
const algorithms = [-8, -7, -257]
const timeoutMs = 300_000

export function relyingPartyOf(portalUrl: string): RelyingParty {
  const { hostname, origin } = new URL(portalUrl)
  return { id: hostname, origin }
}

export interface NewUser {
  readonly id: string
  readonly name: string
  readonly address: string
}

export async function creationOptions(
  { id }: RelyingParty,
  user: NewUser,
  challenge: Uint8Array<ArrayBuffer>,
  present: readonly { readonly id: string; readonly transports: readonly string[] }[] = [],
) {
  const { generateRegistrationOptions } = await library()
  return generateRegistrationOptions({
    rpName: id,
    rpID: id,
    userID: bytesOfId(user.id),
    userName: user.address,
    userDisplayName: user.name,
    challenge,
    timeout: timeoutMs,
    attestationType: 'none',
    authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
    supportedAlgorithmIDs: algorithms,
    excludeCredentials: present.map((one) => ({ id: one.id, transports: [...one.transports] })),
  })
}

export async function requestOptions({ id }: RelyingParty, challenge: Uint8Array<ArrayBuffer>) {
  const { generateAuthenticationOptions } = await library()
  return generateAuthenticationOptions({ rpID: id, challenge, timeout: timeoutMs, userVerification: 'required' })
}

/** @returns undefined if the response proves nothing */
export async function readRegistration(
  { id, origin }: RelyingParty,
  response: RegistrationResponse,
  isExpected: (challenge: string) => boolean,
): Promise<NewPasskey | undefined> {
  const { verifyRegistrationResponse } = await library()
  if (!(await isWithoutCertificate(response.response.attestationObject))) return undefined
  const verification = await verifyRegistrationResponse({
    response: response as unknown as RegistrationResponseJSON,
    expectedChallenge: isExpected,
    expectedOrigin: origin,
    expectedRPID: id,
    requireUserVerification: true,
    supportedAlgorithmIDs: algorithms,
  }).catch(() => undefined)
  if (!verification?.verified) return undefined
  const { credential } = verification.registrationInfo
  return {
    id: credential.id,
    publicKey: credential.publicKey,
    counter: credential.counter,
    transports: response.response.transports ?? [],
  }
}

/** @returns the counter of the authenticator; undefined if the response proves nothing */
export async function readAuthentication(
  { id, origin }: RelyingParty,
  response: AuthenticationResponse,
  passkey: Pick<NewPasskey, 'id' | 'publicKey'>,
  isExpected: (challenge: string) => boolean,
): Promise<number | undefined> {
  const { verifyAuthenticationResponse } = await library()
  const verification = await verifyAuthenticationResponse({
    response: response as unknown as AuthenticationResponseJSON,
    expectedChallenge: isExpected,
    expectedOrigin: origin,
    expectedRPID: id,
    // The counter is compared where it is written, so that two nodes cannot both find it higher.
    credential: { id: passkey.id, publicKey: new Uint8Array(passkey.publicKey), counter: 0 },
    requireUserVerification: true,
  }).catch(() => undefined)
  return verification?.verified ? verification.authenticationInfo.newCounter : undefined
}

/** What an authenticator returns as the user. */
export function userHandleOf(person: string): string {
  return Buffer.from(bytesOfId(person)).toString('base64url')
}

/**
 * None is asked for. The library would follow the addresses in a certificate, to see whether it was revoked; a signature by the passkey itself
 * has none.
 */
async function isWithoutCertificate(attestationObject: string): Promise<boolean> {
  const { decodeAttestationObject } = await import('@simplewebauthn/server/helpers')
  try {
    const decoded = decodeAttestationObject(new Uint8Array(Buffer.from(attestationObject, 'base64url')))
    const format = decoded.get('fmt')
    return format === 'none' || (format === 'packed' && decoded.get('attStmt').get('x5c') === undefined)
  } catch {
    return false
  }
}

function bytesOfId(uuid: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.from(uuid.replaceAll('-', ''), 'hex'))
}

const library = () => import('@simplewebauthn/server')
