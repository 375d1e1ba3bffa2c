import assert from 'node:assert/strict'
import { test } from 'node:test'
import { operations } from './operations.ts'
import { isVisibleText, spellOutInvisible } from './visible-text.ts'

const visible = [
  'Acme',
  'Ada Lovelace, CFO',
  'Müller & Söhne GmbH',
  'Ｅｘａｍｐｌｅ　株式会社',
  'آلدر\u200Cها',
  'श्री\u200Dमान',
  '葛\u{E0100}城',
  'e\u0301',
  '£',
  '7',
  '🙂',
]
for (const name of visible) {
  test(`"${name}" is a visible name`, () => assert.equal(isVisibleText(name), true))
}

const refused = {
  'a direction override': 'Acme\u202Egro.evil',
  'a direction isolate': '\u2066Acme\u2069',
  'a direction mark': 'Acme\u200F',
  'a zero-width space': 'Ac\u200Bme',
  'a joiner between Latin letters': 'Ac\u200Dme',
  'a joiner at the end': 'आ\u200C',
  'a word joiner': 'Ac\u2060me',
  'a byte order mark': '\uFEFFAcme',
  'a soft hyphen': 'Ac\u00ADme',
  'a combining grapheme joiner': 'Ac\u034Fme',
  'a Hangul filler': 'Acme\u3164',
  'a variation selector after a Latin letter': 'A\uFE00cme',
  'a tag character': 'Acme\u{E0041}',
  'a line separator': 'Acme\u2028',
  'half a surrogate pair': 'Acme\uD800',
  'a private character': 'Acme\uE000',
  'a code point that is no character': 'Acme\uFFFF',
  'a control character': 'Acme\u001B',
  nothing: '',
  'only spaces': '   ',
  'only no-break spaces': '\u00A0\u00A0',
  'only wide spaces': '\u3000',
  'only blank Braille': '\u2800',
  'only an accent': '\u0301',
}
/** Where a name is set by an operation. */
const setters = {
  'organizations.create': [operations['organizations.create'].body, 'name'],
  'organizations.update': [operations['organizations.update'].body, 'name'],
  'organizations.suspend': [operations['organizations.suspend'].body, 'reason'],
  'clients.create': [operations['clients.create'].body, 'name'],
  'clients.update': [operations['clients.update'].body, 'name'],
  'partners.register': [operations['partners.register'].body, 'name'],
  'partners.authorize': [operations['partners.authorize'].body, 'name'],
  'dpa.publish': [operations['dpa.publish'].body, 'version'],
  'dpa.accept': [operations['dpa.accept'].body, 'acceptedBy'],
} as const
for (const [what, text] of Object.entries(refused)) {
  test(`fault 7.13: ${what} is refused in a name, a version and a reason`, () => {
    assert.equal(isVisibleText(text), false)
    for (const [name, [body, member]] of Object.entries(setters)) {
      const { error } = body.safeParse({ [member]: text })
      assert.ok(
        error?.issues.some(({ path }) => path.join('.') === member),
        name,
      )
    }
  })
}

test('fault 7.13: a name that was stored before is still found by a search, and its version can be accepted', () => {
  assert.equal(operations['organizations.list'].query.safeParse({ search: 'Ac\u200Bme' }).success, true)
  assert.equal(operations['dpa.accept'].body.safeParse({ version: '2026\u200B', acceptedBy: 'Ada' }).success, true)
})

test('fault 7.13: a name that 0.1.0 accepted is shown with what is invisible in it spelled out', () => {
  assert.equal(spellOutInvisible('Ac\u202Eme\u200B\u001B[31m'), 'Ac\\u{202e}me\\u{200b}\\u{1b}[31m')
  for (const name of [...visible, 'two\nlines']) assert.equal(spellOutInvisible(name), name)
})
