import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { CommandError } from './output.ts'
import { parsePartners } from './partner-file.ts'

const [alder, birch] = ['5f0c6a0e-8f55-4b6e-9a43-6a1f5d1f7c11', '5f0c6a0e-8f55-4b6e-9a43-6a1f5d1f7c12']

test('a line is an id and a name, or an id alone', () => {
  assert.deepEqual(parsePartners('p.csv', `${alder},Alder Retail\r\n\n${birch}\n`), [
    { id: alder, name: 'Alder Retail' },
    { id: birch, name: undefined },
  ])
})

test('a header line is skipped', () => {
  assert.deepEqual(parsePartners('p.csv', `id,name\n${alder},Alder`), [{ id: alder, name: 'Alder' }])
})

test('a quoted name holds commas, and quotes twice', () => {
  assert.deepEqual(parsePartners('p.csv', `${alder},"Alder, ""the"" Retailer"`), [{ id: alder, name: 'Alder, "the" Retailer' }])
})

const faults = {
  [`${alder.toUpperCase()},Alder`]: /line 1: ".*" is not a lower-case UUID/,
  [`${alder},Alder\nAlder Retail`]: /line 2: "Alder Retail" is not a lower-case UUID/,
  [`${alder},Alder\n\n${alder},Again`]: /line 3: "5f0c6a0e-.*" is already in line 1/,
  [`${alder},"Alder`]: /line 1: the quotes around the name are not closed/,
  [`${alder},"Alder" Retail`]: /line 1: the quotes .*, or text follows them/,
  [`${alder},${'x'.repeat(201)}`]: /line 1: the name is longer than 200 characters/,
  [`${alder},a\tb`]: /line 1: .* invisible/,
}
for (const [text, message] of Object.entries(faults)) {
  test(`${JSON.stringify(text.slice(0, 60))} is rejected with its line number`, () => {
    assert.throws(
      () => parsePartners('p.csv', text),
      (error: CommandError) => message.test(error.message) && /Nothing was sent/.test(error.next),
    )
  })
}

for (const name of ['Acme\u202Egro', 'Ac\u200Bme', '"  "', '\u3164']) {
  test(`fault 7.13: a line with the name ${encodeURI(name)} is rejected before anything is sent`, () => {
    assert.throws(
      () => parsePartners('p.csv', `${alder},${name}`),
      (error: CommandError) => /line 1: .*invisible/.test(error.message),
    )
  })
}

test('of many faulty lines the first ten are named, with the number of the others', () => {
  const error = failureOf(() => parsePartners('p.csv', Array.from({ length: 15 }, (_, index) => `wrong-${index}`).join('\n')))
  assert.equal(error.message.match(/line \d+:/g)?.length, 10)
  assert.match(error.message, /and 5 more$/)
})

test('an empty file is rejected', () => {
  assert.match(failureOf(() => parsePartners('p.csv', '\n\n')).message, /"p\.csv" contains no partner/)
})

test('any file is either read or rejected with a CommandError', () => {
  const line = fc.oneof(
    fc.string(),
    fc.tuple(fc.uuid(), fc.string()).map((parts) => parts.join(',')),
  )
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      try {
        parsePartners('p.csv', lines.join('\n'))
      } catch (error) {
        assert.ok(error instanceof CommandError)
      }
    }),
  )
})

test('the format of a spreadsheet export round-trips', () => {
  const name = fc.string({ minLength: 1, maxLength: 100 }).filter((text) => /^[^\p{Cc}]+$/u.test(text) && text.trim() !== '')
  fc.assert(
    fc.property(fc.uniqueArray(fc.tuple(fc.uuid(), name), { minLength: 1, selector: ([id]) => id }), (partners) => {
      const text = partners.map(([id, shown]) => `${id},"${shown.replaceAll('"', '""')}"`).join('\r\n')
      assert.deepEqual(
        parsePartners('p.csv', text),
        partners.map(([id, shown]) => ({ id, name: shown })),
      )
    }),
  )
})

function failureOf(work: () => unknown): CommandError {
  try {
    work()
  } catch (error) {
    if (error instanceof CommandError) return error
    throw error
  }
  throw new Error('Expected a failure')
}
