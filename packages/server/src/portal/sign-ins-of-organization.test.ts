import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createSignInCount } from './sign-ins-of-organization.ts'

const start = Date.UTC(2026, 0, 15)

function aCount() {
  const count = createSignInCount()
  let people = 0
  /** Returns how many of so many may, one after the other. */
  return (times: number, { subject = '', organization = 'acme', isConfirmation = false, now = start } = {}) => {
    let counted = 0
    for (let time = 0; time < times; time++)
      if (count({ organization, subject: subject || `person ${++people}`, isConfirmation }, now)) counted++
    return counted
  }
}

test('abuse 159: one person signs in and confirms ten times at once and then every five seconds, and uses up nothing of the others', () => {
  const sign = aCount()
  assert.equal(sign(7, { subject: 'mia' }) + sign(1000, { subject: 'mia', isConfirmation: true }), 10)
  assert.deepEqual([sign(300), sign(300, { isConfirmation: true })], [193, 197])
  assert.deepEqual([sign(9, { subject: 'mia', now: start + 5000 }), sign(9, { subject: 'mia', now: start + 9000 })], [1, 0])
})

test('confirmations of many people have a bound, and neither they nor sign-ins hold up the other', () => {
  const sign = aCount()
  assert.deepEqual([sign(500), sign(500, { isConfirmation: true })], [200, 200])
  const now = start + 1000
  assert.deepEqual([sign(5, { now }), sign(5, { now, isConfirmation: true })], [2, 2])
})

test('abuse 159: an organization that names ever new people has no person of another one counted anew', () => {
  const sign = aCount()
  sign(10, { subject: 'mia' })
  sign(20_000, { organization: 'hostile' })
  assert.equal(sign(1, { subject: 'mia' }), 0)
})
