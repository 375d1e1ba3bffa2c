// Which names and texts of operators can be told apart by sight: they are shown in terminals, logs and pages. U+202E reverses what
// follows it, and U+200B is not shown at all, so that a second "Acme" would look like the first.

/** What an error says was expected. */
export const expectedVisible = 'not only blanks, and no characters that are invisible or change the direction of text'

/** Whether a text has no invisible, control or direction character, and at least one that leaves ink. */
export function isVisibleText(text: string): boolean {
  return !invisible.test(text.replace(joinersOfScripts, '').replace(variantsOfHan, '')) && inked.test(text)
}

/** For a terminal: each invisible character as its escape, such as "\u{202e}". Line ends and tabs stay. Idempotent. */
export function spellOutInvisible(text: string): string {
  return text.replace(invisibleOrKept, (found, kept?: string) => kept ?? `\\u{${found.codePointAt(0)!.toString(16)}}`)
}

/**
 * Control, format, surrogate and private characters, line separators, those that fonts do not show (fillers, selectors), and code points
 * that are no characters.
 */
const invisible = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]/u
/** U+2800 is the Braille pattern without dots. */
const inked = /(?!\u2800)[\p{L}\p{N}\p{P}\p{S}]/u

/** Persian and the scripts of India spell with U+200C and U+200D between letters, where they change the form of the letters. */
const joiningLetter =
  '[\\p{Script=Arabic}\\p{Script=Bengali}\\p{Script=Devanagari}\\p{Script=Gujarati}\\p{Script=Gurmukhi}\\p{Script=Kannada}\\p{Script=Malayalam}\\p{Script=Oriya}\\p{Script=Sinhala}\\p{Script=Tamil}\\p{Script=Telugu}]'
const joinersOfScripts = new RegExp(`(?<=${joiningLetter})[\\u200C\\u200D](?=${joiningLetter})`, 'gu')
/** Japanese names choose the form of a character by a selector behind it. */
const variantsOfHan = /(?<=\p{Script=Han})[\u{FE00}-\u{FE02}\u{E0100}-\u{E01EF}]/gu
const invisibleOrKept = new RegExp(`([\\n\\t]|${joinersOfScripts.source}|${variantsOfHan.source})|${invisible.source}`, 'gu')
