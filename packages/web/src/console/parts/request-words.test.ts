import assert from 'node:assert/strict'
import { test } from 'node:test'
import { effectOf, needsClients, wordsOfAsked, type Asked, type Piece } from './request-words.ts'

test('each kind of request says what is asked for and what approving it does', () => {
  const rows: readonly [Asked, string, string][] = [
    [{ kind: 'partner', what: 'b42d', client: null }, 'To act for b42d', 'Calls of Acme for b42d are allowed from now on.'],
    [
      { kind: 'capability', what: 'allowLed', client: null },
      'The capability allowLed',
      'Acme gets the capability allowLed from now on, in every token and every decision.',
    ],
    [
      { kind: 'scope', what: 'orders:read', client: 'api-1' },
      'The scope orders:read for the client api-1',
      'The client api-1 of Acme may ask for the scope orders:read from now on.',
    ],
  ]
  for (const [asked, words, effect] of rows) {
    assert.equal(textOf(wordsOfAsked(asked)), words)
    assert.equal(textOf(effectOf(asked, 'Acme')), effect)
  }
})

test('approving a client changes nothing by itself', () => {
  const asked: Asked = { kind: 'client', what: 'KYC worker', client: null }
  assert.equal(textOf(wordsOfAsked(asked)), 'A new client, KYC worker')
  assert.match(textOf(effectOf(asked, 'Acme')), /Nothing else changes\.$/)
  assert.ok(needsClients(asked))
})

function textOf(pieces: readonly Piece[]): string {
  return pieces.map((piece) => (typeof piece === 'string' ? piece : Object.values(piece)[0])).join('')
}
