// An authenticator in software (WebAuthn): makes passkeys and signs with them, by the rules, or against them where a test says so.
import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto'

/** What differs from what an honest browser and device would send. */
export interface Deviation {
  readonly origin?: string
  readonly rpId?: string
  readonly challenge?: string
  readonly userHandle?: string
  readonly counter?: number
  readonly flags?: number
  readonly format?: string
  readonly statement?: Buffer
  readonly key?: KeyObject
}

interface CreationOptions {
  readonly rp: { readonly id: string }
  readonly user: { readonly id: string }
  readonly challenge: string
}

interface RequestOptions {
  readonly rpId: string
  readonly challenge: string
}

export interface Passkey {
  readonly id: string
  readonly userHandle: string
  readonly key: KeyObject
  counter: number
}

export interface Authenticator {
  readonly passkeys: Passkey[]
  /** As `navigator.credentials.create()`, in JSON. */
  create(options: CreationOptions, deviation?: Deviation): Readonly<Record<string, unknown>>
  /** As `navigator.credentials.get()`, in JSON; by the passkey that was made last. */
  get(options: RequestOptions, deviation?: Deviation): Readonly<Record<string, unknown>>
}

const flagsOf = { present: 0x01, verified: 0x04, attested: 0x40 }
const verified = flagsOf.present | flagsOf.verified

/** @param counts false for one whose passkeys are on several devices: it always tells 0 */
export function createAuthenticator(origin: string, counts = true): Authenticator {
  const passkeys: Passkey[] = []

  const clientData = (type: string, challenge: string, deviation: Deviation) =>
    Buffer.from(
      JSON.stringify({
        type,
        challenge: deviation.challenge ?? challenge,
        origin: deviation.origin ?? origin,
        crossOrigin: false,
      }),
    )
  const authenticatorData = (rpId: string, flags: number, counter: number, deviation: Deviation) =>
    Buffer.concat([
      sha256(Buffer.from(deviation.rpId ?? rpId)),
      Buffer.from([deviation.flags ?? flags]),
      uint32(deviation.counter ?? counter),
    ])

  return {
    passkeys,
    create({ rp, user, challenge }, deviation = {}) {
      const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
      const id = randomBytes(32)
      const counter = counts ? 1 : 0
      passkeys.push({ id: id.toString('base64url'), userHandle: user.id, key: privateKey, counter })
      const data = Buffer.concat([
        authenticatorData(rp.id, verified | flagsOf.attested, counter, deviation),
        Buffer.alloc(16),
        Buffer.from([0, id.length]),
        id,
        coseKey(publicKey),
      ])
      const attestationObject = Buffer.concat([
        Buffer.from([0xa3]),
        cborText('fmt'),
        cborText(deviation.format ?? 'none'),
        cborText('attStmt'),
        deviation.statement ?? Buffer.from([0xa0]),
        cborText('authData'),
        cborBytes(data),
      ])
      return {
        ...credential(id.toString('base64url')),
        response: {
          clientDataJSON: clientData('webauthn.create', challenge, deviation).toString('base64url'),
          attestationObject: attestationObject.toString('base64url'),
          transports: ['internal'],
        },
      }
    },
    get({ rpId, challenge }, deviation = {}) {
      const passkey = passkeys.at(-1)!
      if (counts) passkey.counter++
      const data = authenticatorData(rpId, verified, passkey.counter, deviation)
      const json = clientData('webauthn.get', challenge, deviation)
      const signature = sign('sha256', Buffer.concat([data, sha256(json)]), deviation.key ?? passkey.key)
      return {
        ...credential(passkey.id),
        response: {
          clientDataJSON: json.toString('base64url'),
          authenticatorData: data.toString('base64url'),
          signature: signature.toString('base64url'),
          userHandle: deviation.userHandle ?? passkey.userHandle,
        },
      }
    },
  }
}

function credential(id: string) {
  return { id, rawId: id, type: 'public-key', clientExtensionResults: {}, authenticatorAttachment: 'platform' }
}

/** EC2, ES256, P-256 (RFC 9053). */
function coseKey(key: KeyObject): Buffer {
  const { x = '', y = '' } = key.export({ format: 'jwk' })
  const coordinate = (text: string) => cborBytes(Buffer.from(text, 'base64url'))
  return Buffer.concat([Buffer.from([0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21]), coordinate(x), Buffer.from([0x22]), coordinate(y)])
}

function cborText(text: string): Buffer {
  return Buffer.concat([Buffer.from([0x60 | text.length]), Buffer.from(text)])
}

function cborBytes(bytes: Buffer): Buffer {
  const head = bytes.length < 256 ? [0x58, bytes.length] : [0x59, bytes.length >> 8, bytes.length & 0xff]
  return Buffer.concat([Buffer.from(head), bytes])
}

function uint32(number: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(number)
  return bytes
}

function sha256(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest()
}
