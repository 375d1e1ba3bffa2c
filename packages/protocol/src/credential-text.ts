// What happens to a client id or secret on its way from a file, a variable or a message: white space, line ends, byte order marks, another
// encoding, quotation marks of a word processor. A server can only call it wrong; here it can be named, without repeating it.

/** The first that is found is named. */
const faults: readonly (readonly [pattern: RegExp, fault: string])[] = [
  [/\0/, 'contains NUL characters, as text in UTF-16 does when it is read as UTF-8'],
  [/\uFFFD|\p{Cs}/u, 'contains characters that could not be decoded, as text in another encoding than UTF-8 does'],
  [/\uFEFF/, 'contains a byte order mark (U+FEFF), which some editors put at the start of a file'],
  [/[\r\n\u0085\u2028\u2029]/, 'contains a line end, such as the carriage return ("\\r") of a file from Windows'],
  [/^\p{White_Space}|\p{White_Space}$/u, 'begins or ends with white space'],
  [/(?! )[\p{Cc}\p{White_Space}]/u, 'contains a control character or white space that is no plain space'],
  [/[\p{Cf}\p{Co}\p{Default_Ignorable_Code_Point}]/u, 'contains an invisible character'],
  [/[\p{Pi}\p{Pf}\u201A\u201E\u2032\u2033\u301D-\u301F]/u, 'contains typographic quotation marks, as a word processor makes them'],
]

/** A secret of our server, and anything else with its prefix. */
const ownSecret = /^csk_[A-Za-z0-9_-]+$/

/** Completes a sentence about a client id or secret that was damaged on its way; undefined if nothing shows. Never contains the value. */
export function findCredentialFault(value: string): string | undefined {
  const fault = faults.find(([pattern]) => pattern.test(value))?.[1]
  if (fault !== undefined) return fault
  return value.includes('csk_') && !ownSecret.test(value) ? 'has other characters around or in it, such as quotation marks' : undefined
}
