import assert from 'node:assert/strict'
import { test } from 'node:test'
import { findCredentialFault } from './credential-text.ts'

const secret = 'csk_mfoRb3K2JQ-_x'
const utf16 = Buffer.from(`\uFEFF${secret}`, 'utf16le')

for (const [what, damaged, fault] of [
  ['a space at its end', `${secret} `, /white space/],
  ['a space at its start', ` ${secret}`, /white space/],
  ['a no-break space at its end', `${secret}\u00A0`, /white space/],
  ['a tab at its end', `${secret}\t`, /white space/],
  ['a tab in it', `a\tb`, /control character or white space/],
  ['a no-break space in it', `a\u00A0b`, /control character or white space/],
  ['"\\r" at its end', `${secret}\r`, /carriage return/],
  ['a newline at its end', `${secret}\n`, /line end/],
  ['a byte order mark', `\uFEFF${secret}`, /byte order mark/],
  ['the bytes of UTF-16 with a byte order mark, read as UTF-8', utf16.toString('utf8'), /UTF-16/],
  ['the bytes of UTF-16 without one, read as UTF-8', utf16.subarray(2).toString('utf8'), /UTF-16/],
  ['the bytes of Latin-1, read as UTF-8', Buffer.from('Schlüssel', 'latin1').toString('utf8'), /another encoding/],
  ['half a surrogate pair', `a\uD800`, /could not be decoded/],
  ['NUL at its end', `${secret}\0`, /NUL/],
  ['typographic quotation marks', `“${secret}”`, /typographic/],
  ['German quotation marks', `„geheim“`, /typographic/],
  ['a typographic apostrophe', 'it’s', /typographic/],
  ['plain quotation marks around one of ours', `"${secret}"`, /quotation marks/],
  ['the name of its variable before one of ours', `SECRET=${secret}`, /other characters/],
  ['a zero-width space', `a\u200Bb`, /invisible/],
  ['ESC', `a\u001B`, /control character/],
] as const) {
  test(`fault 7.12: a secret with ${what} is named, and not repeated`, () => {
    const found = findCredentialFault(damaged)
    assert.match(String(found), fault)
    assert.ok(!found?.includes('mfoRb3K2'))
  })
}

for (const fine of [secret, 'a', 'pä:ss+wörd %', '"quoted"', 'two words', 'キー', String.raw`back\slash`]) {
  test(`fault 7.12: "${fine}" may be a credential`, () => assert.equal(findCredentialFault(fine), undefined))
}
