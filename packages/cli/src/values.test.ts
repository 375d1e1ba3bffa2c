import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { aFolder } from './demo.fixture.ts'
import { CommandError } from './output.ts'
import { parseCapabilityValue, parseCount, parseDuration, parseInstant, parseSince, parseSwitch, parseWords, readText } from './values.ts'

for (const [text, seconds] of Object.entries({ '30s': 30, '5m': 300, '12h': 43_200, '7d': 604_800 })) {
  test(`"${text}" is ${seconds} seconds`, () => assert.equal(parseDuration('--window', text), seconds))
}

const instants = {
  '2026-01-31': '2026-01-31T00:00:00.000Z',
  '2026-01-31T12:00:00Z': '2026-01-31T12:00:00.000Z',
  '2026-01-31T12:00:00+01:00': '2026-01-31T11:00:00.000Z',
}
for (const [text, instant] of Object.entries(instants)) {
  test(`"${text}" is the instant ${instant}`, () => assert.equal(parseInstant('--from', text), instant))
}

const now = Date.UTC(2026, 0, 31, 12)
const moments = {
  '90s': '2026-01-31T11:58:30.000Z',
  '2h': '2026-01-31T10:00:00.000Z',
  '7d': '2026-01-24T12:00:00.000Z',
  '2026-01-31': '2026-01-31T00:00:00.000Z',
}
for (const [text, instant] of Object.entries(moments)) {
  test(`since "${text}" is since ${instant}`, () => assert.equal(parseSince('--since', text, now), instant))
}

for (const text of ['2027-02-30', '2027-02-29T12:00:00Z', '2026-04-31T00:00:00+02:00', '2026-13-01']) {
  test(`fault 4.4: the error for "${text}" names the day that does not exist`, () => {
    assert.throws(
      () => parseInstant('--secret-expires-at', text),
      ({ message }: CommandError) => message.includes(`"${text.slice(0, 10)}"`),
    )
  })
}

const wrong = {
  duration: [parseDuration, ['7', '7w', '-7d', '0d', '1.5h', '7 d', '', '9999999999d']],
  instant: [
    parseInstant,
    ['yesterday', '2026-02-31T00:00:00Z!', '31.01.2026', '2026-13-01', '2026-01-31T12:00:00', '2026-01-31T24:00:00Z', ''],
  ],
  moment: [
    (option: string, text: string) => parseSince(option, text, now),
    ['2', 'h2', '2w', '-2h', '0h', 'yesterday', '2026-02-31T00:00:00Z!', ''],
  ],
  switch: [parseSwitch, ['yes', 'true', 'ON', '']],
  count: [parseCount, ['0', '-1', '1e3', '07', 'x', '']],
} as const
for (const [kind, [parse, texts]] of Object.entries(wrong)) {
  for (const text of texts) {
    test(`"${text}" is not a valid ${kind}: the error names the option and gives an example`, () => {
      assert.throws(
        () => parse('--option', text),
        (error: CommandError) => error.message.includes(`--option ${text}`) && error.next.startsWith('Write '),
      )
    })
  }
}

test('true and false are flags; any other value is a choice', () => {
  assert.deepEqual(['true', 'false', 'standard', 'True'].map(parseCapabilityValue), [true, false, 'standard', 'True'])
})

test('words are separated by any number of spaces', () => {
  assert.deepEqual(parseWords('  email   profile '), ['email', 'profile'])
})

test('fault 7.12: a file in another encoding than UTF-8 is named, and nothing of it is used', () => {
  const file = join(aFolder(), 'partners.csv')
  for (const [bytes, encoding] of [
    [Buffer.from('a,Müller', 'latin1'), ''],
    [Buffer.from('\uFEFFa,b', 'utf16le'), ', but in UTF-16'],
    [Buffer.from('a,b', 'utf16le'), ', but in UTF-16'],
  ] as const) {
    writeFileSync(file, bytes)
    assert.throws(() => readText(file), { name: 'CommandError', message: `"${file}" is not in UTF-8${encoding}.` })
  }
  for (const text of ['\uFEFFa,Müller', 'a,Müller']) {
    writeFileSync(file, text)
    assert.equal(readText(file), 'a,Müller')
  }
})
