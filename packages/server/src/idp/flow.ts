// A sign-in at the identity provider that a browser has begun. Until the browser comes back, all of it is in a cookie, encrypted under the
// pepper: starts that are never finished cost no memory, and any node can finish what another has begun.
import { createCipheriv, createDecipheriv, createSecretKey, randomBytes, type KeyObject } from 'node:crypto'
import { z } from 'zod'
import { hmacSha256 } from '../keys/hmac.ts'
import type { KeyRing } from '../keys/key-ring.ts'

const random = z.string().min(32).max(128)

const flowSchema = z.strictObject({
  /** Whose identity provider it is; it is finished there only. */
  party: z.string(),
  state: random,
  nonce: random,
  /** Of PKCE (RFC 7636). */
  verifier: random,
  /** The path of the page to go to. */
  returnTo: z.string(),
  /** Milliseconds since the epoch. */
  beganAt: z.number(),
  /** The session that the browser had: a new one replaces it. */
  session: z.string().optional(),
  /** The person of that session, who signs in again for a step that needs it; the session goes on. */
  confirms: z.string().optional(),
})

export type Flow = z.output<typeof flowSchema>

export const flowLifetimeSeconds = 600
const maxAheadMs = 300_000
const maxLength = 4000
const ivLength = 12
const tagLength = 16

/** Each value of a flow that must be unpredictable. */
export function randomPart(): string {
  return randomBytes(32).toString('base64url')
}

export function sealFlow(pepper: KeyRing, flow: Flow): string {
  const iv = randomBytes(ivLength)
  const cipher = createCipheriv('aes-256-gcm', keyOf(pepper, pepper.currentVersion)!, iv)
  const sealed = Buffer.concat([cipher.update(JSON.stringify(flow)), cipher.final()])
  return `${pepper.currentVersion}.${Buffer.concat([iv, cipher.getAuthTag(), sealed]).toString('base64url')}`
}

/** Undefined for anything that this function's counterpart has not made in the last minutes. */
export function openFlow(pepper: KeyRing, text: string, now: number): Flow | undefined {
  const [, version, encoded] = /^(\d{1,6})\.([A-Za-z0-9_-]+)$/.exec(text.slice(0, maxLength + 1)) ?? []
  if (version === undefined || encoded === undefined || text.length > maxLength) return undefined
  const key = keyOf(pepper, Number(version))
  const bytes = Buffer.from(encoded, 'base64url')
  if (!key || bytes.length <= ivLength + tagLength) return undefined
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, ivLength), { authTagLength: tagLength })
    decipher.setAuthTag(bytes.subarray(ivLength, ivLength + tagLength))
    const opened = Buffer.concat([decipher.update(bytes.subarray(ivLength + tagLength)), decipher.final()]).toString()
    const flow = flowSchema.parse(JSON.parse(opened))
    const isInTime = now < flow.beganAt + flowLifetimeSeconds * 1000 && flow.beganAt <= now + maxAheadMs
    return isInTime ? flow : undefined
  } catch {
    return undefined
  }
}

/** The pepper is the key of nothing but HMACs, so the key for encryption is one. */
function keyOf({ versions }: KeyRing, version: number): KeyObject | undefined {
  const pepper = versions.get(version)
  return pepper && createSecretKey(hmacSha256(pepper, 'key of the cookies of sign-ins'), 'base64url')
}
