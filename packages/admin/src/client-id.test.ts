import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { isClientId, isPlainClientId } from './client-id.ts'
import { shellWord } from './shell-word.ts'

// The first five are in the recorded realm of Keycloak.
const accepted = [
  'Partner With Spaces',
  'client:with:colons/and+plus%25',
  'https://partner.example/apps/erp',
  'klient-žluťoučký-Ünïcode',
  'urn:saml:legacy',
  'https://partner.example/x?y#z',
  '../etc/passwd',
  'a/../b',
  '%2F',
  '"quoted" and \'quoted\'',
  '$(id)`id`;|&',
  '<b>bold</b>',
  '-leading-hyphen',
  '__proto__',
  '🙂',
  '𝒳'.repeat(255),
]
for (const id of accepted) {
  test(`"${id.slice(0, 40)}" is a client id, but no plain one`, () =>
    assert.deepEqual([isClientId(id), isPlainClientId(id)], [true, false]))
}

for (const id of ['api-client-acme', 'a', `a${'b'.repeat(127)}`, 'A.b_c-1']) {
  test(`"${id.slice(0, 40)}" is a plain client id`, () => assert.deepEqual([isClientId(id), isPlainClientId(id)], [true, true]))
}

for (const id of [
  '',
  '.',
  '..',
  ' ',
  ' a',
  'a ',
  'a\u00A0b',
  'a\u3000b',
  'a\tb',
  'a\nb',
  'a\r\nlevel: 60',
  'a\0',
  'a\u001B[31m',
  'a\u0085b',
  'a\u2028b',
  'a\u200Bb',
  'a\u202Eb',
  '\uFEFFa',
  'a\uD800',
  'a'.repeat(256),
]) {
  test(`${JSON.stringify(id.slice(0, 20))} is no client id`, () => assert.equal(isClientId(id), false))
}

test('a shell takes any client id as one word', () => {
  const words = [...accepted, 'api-client-acme', "it's", '']
  const printed = execFileSync('/bin/sh', ['-c', `printf '%s\\n' ${words.map(shellWord).join(' ')}`], { encoding: 'utf8' })
  assert.deepEqual(printed.split('\n').slice(0, -1), words)
})

test('a word is quoted if any character of it could mean something to a shell', () => {
  fc.assert(fc.property(fc.string(), (text) => shellWord(text) === text || /^'.*'$/s.test(shellWord(text))))
})
