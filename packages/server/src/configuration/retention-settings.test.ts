import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseConfiguration } from './configuration.ts'

const parse = (audit: string) => parseConfiguration(`${audit}\nrealms: {}`, '/etc/countersign').audit

test('fault 5.6: without the setting every audit event is kept forever', () => {
  const forever = { tokens: 'forever', refusals: 'forever', changes: 'forever' }
  assert.deepEqual(parse(''), { keep: forever, archive: undefined, retentionStore: undefined })
  assert.deepEqual(parse('audit: { keep: { changes: forever } }').keep, forever)
})

test('a folder is relative to the file, and "none" is none', () => {
  assert.deepEqual(parse('audit: { keep: { tokens: 90d }, archive: archives }'), {
    keep: { tokens: 90 * 86_400, refusals: 'forever', changes: 'forever' },
    archive: '/etc/countersign/archives',
    retentionStore: undefined,
  })
  assert.equal(parse('audit: { keep: { tokens: 90d }, archive: none }').archive, 'none')
})

for (const [audit, expected] of [
  [
    '{ keep: { tokens: 90d } }',
    /audit\.archive: expected a folder for archives, or "none" to remove events without an archive, because "keep\.tokens" is 90d, found nothing/,
  ],
  [
    '{ keep: { tokens: 23h }, archive: none }',
    /audit\.keep\.tokens: expected "forever", or a duration between 1d and 36500d, such as "90d", found "23h"/,
  ],
  ['{ keep: { changes: 29d }, archive: none }', /audit\.keep\.changes: expected "forever", or a duration between 30d/],
  [
    '{ keep: { refusals: 90 }, archive: none }',
    /audit\.keep\.refusals: expected "forever", or a duration between 1d and 36500d, such as "90d", found 90/,
  ],
  ['{ keep: { logins: 90d }, archive: none }', /audit\.keep\.logins: expected no such setting/],
  ['{ keeps: {} }', /audit\.keeps: expected no such setting/],
  ['{ retentionStore: "sqlite:other.db" }', /audit\.retentionStore: expected "env:" and a name/],
] as const) {
  test(`fault 5.6: the setting ${audit} is refused`, () => {
    assert.throws(() => parse(`audit: ${audit}`), expected)
  })
}
