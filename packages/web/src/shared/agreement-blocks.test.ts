import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { blocksOf, spansOf, type Block, type Span } from './agreement-blocks.ts'

test('headings, paragraphs and lists are told apart, and the lines of a paragraph are joined', () => {
  const text =
    '# Agreement\r\n\r\nBetween the provider\r\nand the customer.\n## 1 Scope\n- orders\n- prices\n  of today\nand tomorrow\n\nThe end.'
  assert.deepEqual(blocksOf(text).map(shortly), [
    'h1 Agreement',
    'Between the provider and the customer.',
    'h2 1 Scope',
    ['orders', 'prices of today and tomorrow'],
    'The end.',
  ])
})

test('the marks that close a heading are left out, and a line of any length is read at once', { timeout: 5000 }, () => {
  assert.deepEqual(['# One #', '## Two ###', '### C#', '# ##'].flatMap(blocksOf).map(shortly), ['h1 One', 'h2 Two', 'h3 C', 'h1 #'])
  for (const filling of [' ', '#', '# ']) {
    const [heading, ...others] = blocksOf(`# a${filling.repeat(190_000 / filling.length)}b`)
    assert.ok(heading?.kind === 'heading' && others.length === 0)
  }
})

test('a list keeps the numbers that were written', () => {
  const [list] = blocksOf('3. three\n7) seven')
  assert.ok(list?.kind === 'list' && list.isNumbered)
  assert.deepEqual(
    list.items.map(({ number }) => number),
    [3, 7],
  )
})

test('a list may stand in a list, and a paragraph in an item', () => {
  const [list, after] = blocksOf('1. one\n   - a\n   - b\n\n   More of one.\n2. two\n\nAfter.')
  assert.ok(list?.kind === 'list')
  assert.deepEqual(list.items[0]!.within.map(shortly), [['a', 'b'], 'More of one.'])
  assert.equal(list.items.length, 2)
  assert.equal(shortly(after!), 'After.')
})

test('numbered clauses are paragraphs of their own', () => {
  assert.deepEqual(blocksOf('1.1 First\n1.2 Second\nthat goes on').map(shortly), ['1.1 First', '1.2 Second that goes on'])
})

test('links lead to https, http and mailto only; everything else stays text', () => {
  assert.deepEqual(spansOf('See [the list](https://example.org/a?b=1) or https://example.org.'), [
    { text: 'See ' },
    { text: 'the list', href: 'https://example.org/a?b=1' },
    { text: ' or ' },
    { text: 'https://example.org', href: 'https://example.org' },
    { text: '.' },
  ])
  for (const text of ['[x](javascript:alert(1))', '[x](/console)', '<b onclick=x>', '[x](data:text/html,y)'])
    assert.deepEqual(spansOf(text), [{ text }])
  assert.deepEqual(spansOf('**Processor** means'), [{ text: 'Processor', isStrong: true }, { text: ' means' }])
})

test('no word of a text is lost', () => {
  const word = fc.constantFrom('a', '# ', '- ', '1. ', '1.1 ', '\n', '\r\n', '  ', '**', '[b](https://c)', 'https://d.', '[', '](')
  fc.assert(
    fc.property(
      fc.array(word, { maxLength: 40 }).map((words) => words.join('')),
      (text) => {
        assert.equal(lettersOf(blocksOf(text).map(shortly).flat(9).join('')), lettersOf(text))
      },
    ),
  )
})

test('200 kB of one sign are read at once', () => {
  for (const sign of ['[', '(', '*', '#', '- ', '1. ', '\n', '-\n', '\t', '[a](', 'https://', '  - a\n', '- a\n\n'])
    blocksOf(sign.repeat(Math.ceil(200_000 / sign.length)))
})

type Short = string | Short[]

function shortly(block: Block): Short {
  if (block.kind === 'list')
    return block.items.map(({ spans, within }) => (within.length > 0 ? [textOf(spans), ...within.map(shortly)] : textOf(spans)))
  return block.kind === 'heading' ? `h${block.level} ${textOf(block.spans)}` : textOf(block.spans)
}

function textOf(spans: readonly Span[]): string {
  return spans.map(({ text }) => text).join('')
}

function lettersOf(text: string): string {
  return text.replaceAll('(https://c)', '').replaceAll(/[^abcd]/g, '')
}
