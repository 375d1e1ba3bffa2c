import assert from 'node:assert/strict'
import { test } from 'node:test'
import { commandOf, placeOf, type Key } from './shortcut-keys.ts'

const key = (name: string, held: Partial<Key> = {}): Key => ({ key: name, ctrlKey: false, metaKey: false, altKey: false, ...held })
const usual = { isAfterG: false, hasLetters: true }

test('Ctrl K opens the palette in a field, too, and where letters are switched off', () => {
  for (const held of [{ ctrlKey: true }, { metaKey: true }])
    assert.deepEqual(commandOf(key('k', held), { isAfterG: false, hasLetters: false }), { kind: 'palette' })
})

test('letters count only where they are on, and never with a key that is held', () => {
  assert.deepEqual(commandOf(key('j'), usual), { kind: 'row', step: 1, isArrow: false })
  assert.equal(commandOf(key('j'), { ...usual, hasLetters: false }), undefined)
  assert.equal(commandOf(key('j', { ctrlKey: true }), usual), undefined)
})

test('after g a letter is a page', () => {
  assert.deepEqual(commandOf(key('c'), { ...usual, isAfterG: true }), { kind: 'go', letter: 'c' })
  assert.equal(commandOf(key('j'), { ...usual, isAfterG: true }), undefined)
  assert.equal(placeOf('c', 'nt24-idp'), '/nt24-idp/clients')
  assert.equal(placeOf('c', undefined), undefined)
  assert.equal(placeOf('a', undefined), '/audit')
})
