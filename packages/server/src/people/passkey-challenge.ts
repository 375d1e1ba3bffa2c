// The challenges that passkeys sign. They are not stored: each says until when it counts, and has an HMAC under the pepper, which binds it to
// what it was made for. One that was used is kept until its end, so that it counts once on all nodes.
import { hash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Kysely } from 'kysely'
import { hmacSha256 } from '../keys/hmac.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import { maxAheadMs } from '../sessions/session-bounds.ts'
import type { Schema } from '../store/schema.ts'

/** To sign in, also a second time; to accept an invitation; or for a further passkey of a person. */
export type ChallengePurpose = 'sign-in' | `invitation:${string}` | `further:${string}`

export interface Challenge {
  readonly digest: string
  readonly endsAt: number
}

const lifetimeMs = 300_000
/** 16 random bytes, and the end in milliseconds. */
const headLength = 22
const endOffset = 16
const tagLength = 32

export function createChallenge(pepper: KeyRing, purpose: ChallengePurpose, now: number): Uint8Array<ArrayBuffer> {
  const head = Buffer.alloc(headLength)
  randomBytes(endOffset).copy(head)
  head.writeUIntBE(now + lifetimeMs, endOffset, headLength - endOffset)
  return new Uint8Array(Buffer.concat([head, tagOf(pepper, pepper.currentVersion, purpose, head)]))
}

/** @param text base64url; anything. @returns undefined if it is not one of this server for this purpose, or has ended */
export function readChallenge(pepper: KeyRing, purpose: ChallengePurpose, text: string, now: number): Challenge | undefined {
  const bytes = Buffer.from(text, 'base64url')
  if (bytes.length !== headLength + tagLength) return undefined
  const [head, tag] = [bytes.subarray(0, headLength), bytes.subarray(headLength)]
  const isOurs = [...pepper.versions.keys()].some((version) => timingSafeEqual(tagOf(pepper, version, purpose, head), tag))
  const endsAt = head.readUIntBE(endOffset, headLength - endOffset)
  // Made by a clock that was ahead, it would count for longer than the memory of used ones lasts.
  if (!isOurs || now >= endsAt || endsAt > now + lifetimeMs + maxAheadMs) return undefined
  return { digest: hash('sha256', bytes, 'base64url'), endsAt }
}

/** For a library that asks whether a challenge is expected: keeps the one that was. */
export function expectChallenge(pepper: KeyRing, purpose: ChallengePurpose, now: number) {
  const found: Challenge[] = []
  return {
    isExpected(text: string): boolean {
      const challenge = readChallenge(pepper, purpose, text, now)
      if (challenge) found.push(challenge)
      return challenge !== undefined
    },
    found: (): Challenge | undefined => found[0],
  }
}

/** In the transaction of what it is used for. @returns false if it was used before */
export async function spendChallenge(db: Kysely<Schema>, { digest, endsAt }: Challenge): Promise<boolean> {
  const { numInsertedOrUpdatedRows } = await db
    .insertInto('spent_challenges')
    .values({ digest, ends_at: endsAt })
    .onConflict((conflict) => conflict.column('digest').doNothing())
    .executeTakeFirstOrThrow()
  return numInsertedOrUpdatedRows === 1n
}

/** Not at once: a clock that is set back must not let one count again. */
export async function deleteEndedChallenges(db: Kysely<Schema>, now: number): Promise<void> {
  await db
    .deleteFrom('spent_challenges')
    .where('ends_at', '<=', now - maxAheadMs)
    .execute()
}

function tagOf({ versions }: KeyRing, version: number, purpose: ChallengePurpose, head: Buffer): Buffer {
  const text = hmacSha256(versions.get(version)!, `passkey challenge:${purpose}:${head.toString('base64url')}`)
  return Buffer.from(text, 'base64url')
}
