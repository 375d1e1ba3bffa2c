// The names of an API in the "aud" of tokens (RFC 7519 §4.1.3): which of them a guard demands.
import { kindOf, tokenProfiles, type TokenProfile, type TokenProfileName } from '@countersign/protocol'

/** One name of an API, or several of which a token must have at least one. Compared literally. */
export type Audience = string | readonly string[]

/**
 * In place of an audience: the guard accepts every token of its issuer, also one for another API, and one without an audience. **Only for
 * the server that issued the tokens.** An API that used it would let in the tokens that clients send to other APIs, and each of these
 * APIs could call it with them. A symbol, so that no configuration can contain it by accident.
 */
export const anyAudience: unique symbol = Symbol('anyAudience')

/** `undefined`: none is demanded. */
export type AcceptedAudiences = ReadonlySet<string> | undefined

/**
 * @param name of the option, for the message
 * @throws TypeError for an audience that is missing where the profile has one, present where it has none, or not made of names.
 */
export function readAudience(name: string, audience: unknown, tokenProfile: TokenProfileName): AcceptedAudiences {
  if (audience === anyAudience) return undefined
  const { hasAudience }: TokenProfile = tokenProfiles[tokenProfile]
  if (!hasAudience) {
    if (audience === undefined) return undefined
    throw new TypeError(`"${name}" cannot be checked: tokens of the profile "${tokenProfile}" have none`)
  }
  if (audience === undefined) throw new TypeError(`"${name}" is missing: tokens of the profile "${tokenProfile}" have an audience`)
  const names: readonly unknown[] = Array.isArray(audience) ? audience : [audience]
  if (names.length > 0 && names.every((each) => typeof each === 'string' && each !== '')) return new Set(names as readonly string[])
  const found = names.find((each) => typeof each !== 'string' || each === '')
  throw new TypeError(
    `"${name}" is neither the name of this API nor a list of its names; found ${kindOf(names.length > 0 ? found : names)}`,
  )
}

/** Whether an "aud", a string or a list of strings, has one of the names. Anything else has none. */
export function namesAudience(aud: unknown, accepted: ReadonlySet<string>): boolean {
  if (Array.isArray(aud)) return aud.every((member) => typeof member === 'string') && aud.some((member) => accepted.has(member))
  return typeof aud === 'string' && accepted.has(aud)
}
