// Signing with node:crypto as JWS requires (RFC 7518 §3): for the floor, and alone as the upper limit of tokens per second.
import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto'
import type { Algorithm } from './scenario.ts'

export function generatePrivateKey(algorithm: Algorithm): KeyObject {
  if (algorithm === 'ES256') return generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  return generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
}

/** `dsaEncoding` is R and S side by side (RFC 7518 §3.4); it has no effect on an RSA key. */
export function signInput(key: KeyObject, input: string): Buffer {
  return sign('sha256', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' })
}

export interface SigningTurn {
  readonly signatures: number
  readonly cpuSeconds: number
  readonly signaturesPerCpuSecond: number
}

const signaturesBetweenLooks = 50

export function measureSigning(key: KeyObject, input: string, seconds: number): SigningTurn {
  const startedAt = process.cpuUsage()
  let signatures = 0
  let cpuSeconds = 0
  while (cpuSeconds < seconds) {
    for (let i = 0; i < signaturesBetweenLooks; i++) signInput(key, input)
    signatures += signaturesBetweenLooks
    const { user, system } = process.cpuUsage(startedAt)
    cpuSeconds = (user + system) / 1e6
  }
  return { signatures, cpuSeconds, signaturesPerCpuSecond: signatures / cpuSeconds }
}
