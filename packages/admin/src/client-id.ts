// What a client id may be. Every realm takes plain ids; those that follow Keycloak also take what its clients are called: URLs, text with
// spaces, any script. Two ids are the same only if they are so character by character: there is no folding of case or normalization.
import { isVisibleText } from './visible-text.ts'

/** Published with the reference. */
export const plainClientIdPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/

/** What an error says was expected. */
export const expectedPlainClientId = 'letters, digits, ".", "_" and "-", at most 128, beginning with a letter or a digit'
export const expectedClientId =
  '1 to 255 visible characters, not "." or "..", without white space at either end and with no other white space than plain spaces'

export const maxClientIdLength = 255

export function isPlainClientId(text: string): boolean {
  return plainClientIdPattern.test(text)
}

/** "." and ".." could not be addressed: programs take them out of the path of a URL, encoded or not. */
export function isClientId(text: string): boolean {
  if (text === '.' || text === '..') return false
  return isVisibleText(text) && !/(?! )\p{White_Space}|^ | $/u.test(text) && [...text].length <= maxClientIdLength
}
