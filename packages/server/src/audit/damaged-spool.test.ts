import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { anEvent, aSpool, endedSpool, lineOf, pepperOf } from './audit-spool.fixture.ts'
import { createAuditChain } from './events/audit-chain.ts'
import { createAuditMac } from './events/audit-mac.ts'

const flipped = (line: string): string => line.replace('"acme"', '"acmf"')

/** What a line or the end of one was changed to, and which of the three rows around it can be read. */
const damage: Record<string, { readonly change: (line: string) => string; readonly read: readonly number[] }> = {
  'a damaged byte that breaks the JSON': { change: (line) => line.replace('"kind"', '"kind\u0001'), read: [0, 2] },
  'a damaged byte within a value': { change: flipped, read: [0, 2] },
  'a damaged end of a line': { change: (line) => line.replace('\n', 'X'), read: [0, 1, 2] },
  'bytes that are no UTF-8': { change: (line) => line.replace('"kind"', '\u00ff\u00fe'), read: [0, 2] },
  'a line of NULs': { change: (line) => `${'\0'.repeat(line.length)}\n`, read: [0, 2] },
  'NULs before a row': { change: (line) => '\0'.repeat(3000) + line, read: [0, 1, 2] },
  'a huge line': { change: () => `${'x'.repeat(10_000)}\n`, read: [0, 2] },
  'a huge line without an end': { change: () => 'x'.repeat(10_000), read: [0, 2] },
  'JSON that is no row': { change: () => '{"id":7}\nnull\n[]\n"text"\n', read: [0, 2] },
  'a row that another installation wrote': {
    change: () =>
      lineOf(createAuditChain('0123abcd', createAuditMac({ pepper: pepperOf(2) })).stamp({ kind: 'request', outcome: 'success' }, 1)),
    read: [0, 2],
  },
}

for (const [what, { change, read }] of Object.entries(damage)) {
  test(`fault 9.8: ${what} in a spool that was left behind leaves the rows around it readable, and the file is kept and named`, async (t) => {
    const { spool, stored, damages, lines, directory, files, file } = aSpool(t)
    const rows = [anEvent(), anEvent(), anEvent()]
    const text = lineOf(rows[0]!) + change(lineOf(rows[1]!)) + lineOf(rows[2]!)
    writeFileSync(file, text, what.includes('UTF-8') ? 'latin1' : 'utf8')
    const original = readFileSync(file)
    await spool.write([rows[0]!])
    await spool.drain()
    assert.deepEqual(
      stored,
      [0, ...read].map((index) => rows[index]),
    )
    const kept = `${file}.damaged`
    assert.deepEqual(files(), [`${endedSpool}.damaged`])
    assert.deepEqual(readFileSync(kept), original)
    assert.deepEqual([damages.length, damages[0]!.spool, spool.isInUse], [1, file, false])
    assert.equal(lines.filter((line) => line.includes(`The whole file is kept as "${kept}"`)).length, 1)
    assert.deepEqual(spool.problems(), [`"${kept}" contains lines that are no audit events`])
    await spool.drain()
    assert.equal(spool.problems().length, 1, 'until an operator has moved the file away')
    rmSync(join(directory, files()[0]!))
    await spool.drain()
    assert.deepEqual(spool.problems(), [])
  })
}

test('fault 9.8: a truncated last line is kept; one that lacks only its end is a row', async (t) => {
  const { spool, stored, files, file } = aSpool(t)
  const rows = [anEvent(), anEvent()]
  writeFileSync(file, lineOf(rows[0]!) + lineOf(rows[1]!).trimEnd())
  await spool.drain()
  assert.deepEqual([stored, files()], [rows, []])
  writeFileSync(file, lineOf(rows[0]!) + lineOf(rows[1]!).slice(0, -10))
  await spool.drain()
  assert.deepEqual([stored.length, files()], [3, [`${endedSpool}.damaged`]])
})

test('fault 9.8: a row whose values the database refuses does not block the others', async (t) => {
  const rows = [anEvent(), anEvent(), anEvent()]
  const { spool, stored, files, file } = aSpool(t, { refuses: ({ id }) => id === rows[1]!.id })
  writeFileSync(file, rows.map(lineOf).join(''))
  await spool.drain()
  assert.deepEqual([stored, files()], [[rows[0], rows[2]], [`${endedSpool}.damaged`]])
})

test('fault 9.8: a spool that cannot be opened blocks neither own events nor other spools, and is logged once', async (t) => {
  const { spool, stored, directory, lines, file } = aSpool(t)
  const [own, left] = [anEvent(), anEvent()]
  mkdirSync(join(directory, '00000000-4194304-1.jsonl')) // As the user root, a test cannot take its own access away.
  writeFileSync(file, lineOf(left))
  await spool.write([own])
  for (let i = 0; i < 3; i++) await spool.drain()
  assert.deepEqual([stored, spool.isInUse], [[own, left], false])
  assert.equal(lines.filter((line) => /00000000-4194304-1.jsonl" cannot be moved: it is no file/.test(line)).length, 1)
  assert.match(spool.problems().join(), /cannot be moved: it is no file/)
})

test("fault 9.8: foreign bytes in the running server's own spool, or its end cut off, cost only what they replaced", async (t) => {
  const { spool, stored, damages, lines, directory, files } = aSpool(t)
  const rows = [anEvent(), anEvent(), anEvent()]
  await spool.write(rows.slice(0, 2))
  const own = join(directory, files()[0]!)
  const text = readFileSync(own, 'utf8')
  writeFileSync(own, flipped(text), { flag: 'r+' })
  await spool.write(rows.slice(2))
  await spool.drain()
  assert.deepEqual([stored, spool.isInUse, files().length, damages.length], [rows.slice(1), false, 1, 1])

  await spool.write(rows)
  truncateSync(
    join(
      directory,
      files().find((name) => name.endsWith('.jsonl'))!,
    ),
    10,
  )
  await spool.drain()
  assert.equal(spool.isInUse, false)
  await spool.write(rows)
  truncateSync(
    join(
      directory,
      files().find((name) => name.endsWith('.jsonl'))!,
    ),
    lineOf(rows[0]!).length + 10,
  )
  await spool.write(rows.slice(2))
  await spool.drain()
  assert.deepEqual(stored, [...rows.slice(1), rows[0], rows[2]])
  assert.equal(lines.filter((line) => line.includes('was shortened')).length, 2)
})

test('fault 9.8: a damaged file that was repaired and put back is moved as any other', async (t) => {
  const { spool, stored, files, file } = aSpool(t)
  const row = anEvent()
  writeFileSync(file, flipped(lineOf(row)))
  await spool.drain()
  rmSync(`${file}.damaged`)
  writeFileSync(file, lineOf(row))
  await spool.drain()
  assert.deepEqual([stored, files(), spool.problems()], [[row], [], []])
})
