import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { createEventParser, FeedSyntaxError, type FeedEvent } from './feed-events.ts'

function parse(text: string, pieces = [Infinity], limit?: number): FeedEvent[] {
  const bytes = new TextEncoder().encode(text)
  const read = createEventParser(limit)
  const events: FeedEvent[] = []
  for (let from = 0, i = 0; from < bytes.length; i++) {
    const to = Math.min(bytes.length, from + pieces[i % pieces.length]!)
    events.push(...read(bytes.subarray(from, to)))
    from = to
  }
  return events
}

const message = (data: string, id = '', type = 'message') => ({ type, id, data })

const streams: [name: string, text: string, events: FeedEvent[]][] = [
  ['the lines of data are joined', 'data: YHOO\ndata: +2\ndata: 10\n\n', [message('YHOO\n+2\n10')]],
  [
    'comments and an id without a value',
    ': test\n\ndata: one\nid: 1\n\ndata:two\nid\n\ndata:  three\n\n',
    [message('one', '1'), message('two'), message(' three')],
  ],
  ['a field without a colon, and an event that is not complete', 'data\n\ndata\ndata\n\ndata:', [message(''), message('\n')]],
  ['one space after the colon', 'data:test\n\ndata: test\n\n', [message('test'), message('test')]],
  ['an id is that of later events, too', 'id: 7\n\ndata: a\n\ndata: b\nid: 8\n\n', [message('a', '7'), message('b', '8')]],
  ['an id with NULL is ignored', 'id: 1\ndata: a\n\nid: 2\0\ndata: b\n\n', [message('a', '1'), message('b', '1')]],
  [
    'a type is that of its event alone',
    'event: end\ndata: a\n\ndata: b\n\nevent: x\n\ndata: c\n\n',
    [message('a', '', 'end'), message('b'), message('c')],
  ],
  ['every end of a line', 'data: a\r\rdata: b\r\n\r\ndata: c\n\ndata: d\r\n\n', [message('a'), message('b'), message('c'), message('d')]],
  ['a byte order mark at the start, and nowhere else', '\uFEFFdata: a\n\n\uFEFFdata: b\n\n', [message('a')]],
  ['unknown fields, other case and retry are ignored', 'retry: 10\nDATA: x\nfoo: bar\ndata: a\n\n', [message('a')]],
]

for (const [name, text, events] of streams)
  test(`WHATWG HTML §9.2: ${name}, in one piece and in any others`, () => {
    assert.deepEqual(parse(text), events)
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1 }), (pieces) => assert.deepEqual(parse(text, pieces), events)),
      { numRuns: 30 },
    )
  })

test('what is not UTF-8 is replaced', () => {
  assert.deepEqual(createEventParser()(Buffer.from([...Buffer.from('data: '), 0xff, 0x0a, 0x0a])), [message('\uFFFD')])
})

test('whatever is written arrives, in pieces of any size', () => {
  const text = fc.string({ unit: 'grapheme' }).filter((each) => !/[\r\n\0]/.test(each))
  const written = fc.record({ type: text, id: text, data: text })
  fc.assert(
    fc.property(
      fc.array(written),
      fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 1 }),
      fc.constantFrom('\n', '\r', '\r\n'),
      (events, pieces, end) => {
        const stream = events.map(({ type, id, data }) => [`event: ${type}`, `id: ${id}`, `data: ${data}`, '', ''].join(end)).join('')
        const expected = events.map(({ type, id, data }) => message(data, id, type || 'message'))
        assert.deepEqual(parse(stream, pieces), expected)
      },
    ),
  )
})

test('any bytes throw a FeedSyntaxError or nothing, and never more than the limit is kept', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 50 })), (pieces) => {
      const read = createEventParser(40)
      try {
        for (const piece of pieces) for (const { data } of read(piece)) assert.ok(data.length <= 40)
      } catch (error) {
        assert.ok(error instanceof FeedSyntaxError)
      }
    }),
  )
})

test('a line or an event that is too long ends it, in whatever pieces it comes', () => {
  const long = 'x'.repeat(256 * 1024 - 10)
  assert.equal(parse(`data: ${long}\n\n`).length, 1)
  for (const text of [`data: ${long}${long}`, `:${long}${long}`, `data: ${long}\n`.repeat(2), `${'data: x\n'.repeat(200_000)}`])
    for (const size of [1000, Infinity]) assert.throws(() => parse(text, [size]), FeedSyntaxError)
})
