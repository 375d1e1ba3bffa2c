import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { differencesOf } from './line-diff.ts'
import { areSame, rowsOf } from './text-hunks.ts'

test('lines that went, came and stayed', () => {
  const found = differencesOf(['a', 'b', 'c', 'd'], ['a', 'c', 'x', 'd'])
  assert.deepEqual(found.map(sign), [' a', '-b', ' c', '+x', ' d'])
})

test('empty lines stay with the paragraphs beside them', () => {
  const before = Array.from({ length: 100 }, (_, at) => [`paragraph ${at}`, '']).flat()
  const after = before.toSpliced(50, 2)
  assert.deepEqual(
    differencesOf(before, after)
      .filter(({ kind }) => kind !== 'same')
      .map(sign),
    ['-paragraph 25', '-'],
  )
})

test('the differences give both texts again', () => {
  const lines = fc.array(fc.constantFrom('', 'a', 'b', 'c', 'd', 'e'), { maxLength: 60 })
  fc.assert(
    fc.property(lines, fc.oneof(lines, fc.constant(undefined)), (before, changed) => {
      const after = changed ?? before
      const found = differencesOf(before, after)
      assert.deepEqual(
        found.filter(({ kind }) => kind !== 'new').map(({ text }) => text),
        before,
      )
      assert.deepEqual(
        found.filter(({ kind }) => kind !== 'gone').map(({ text }) => text),
        after,
      )
      if (JSON.stringify(before) === JSON.stringify(after)) assert.ok(found.every(({ kind }) => kind === 'same'))
    }),
  )
})

test('two texts of 200 kB without a common line are compared at once', () => {
  const text = (name: string) => Array.from({ length: 20_000 }, (_, at) => `${name} ${at}`)
  assert.equal(differencesOf(text('a'), text('b')).length, 40_000)
  const often = (first: string, second: string) => Array.from({ length: 50_000 }, () => [first, second]).flat()
  assert.ok(differencesOf(often('a', 'b'), often('b', 'a')).length >= 100_000)
})

test('lines far from a change are counted, and a rewritten line shows its words', () => {
  const before = ['1', '2', '3', '4', 'The provider keeps data for 30 days.', '6', '7', '8'].join('\n')
  const after = before.replace('30', '90')
  const rows = rowsOf(before, after)
  assert.deepEqual(
    rows.map(({ kind }) => kind),
    ['left out', 'same', 'same', 'gone', 'new', 'same', 'same', 'left out'],
  )
  assert.deepEqual(rows[0], { kind: 'left out', count: 2 })
  assert.deepEqual(rows[4], {
    kind: 'new',
    parts: [
      { kind: 'same', text: 'The provider keeps data for ' },
      { kind: 'new', text: '90' },
      { kind: 'same', text: ' days.' },
    ],
  })
})

test('line ends of another system are no difference', () => {
  assert.ok(areSame(rowsOf('a\r\nb\r\n', 'a\nb\n')))
  assert.ok(!areSame(rowsOf('a', 'b')))
})

function sign({ kind, text }: { readonly kind: string; readonly text: string }): string {
  return `${kind === 'gone' ? '-' : kind === 'new' ? '+' : ' '}${text}`
}
