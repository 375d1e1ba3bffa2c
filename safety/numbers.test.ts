import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { documents, findCorrections, isNumber, readRows, readTitles, type Kind } from './numbers.ts'
import { code, root } from './source-tree.ts'

/** The tests of this folder contain titles as samples. */
const titles = code
  .filter(({ path }) => /\.(?:test|fixture)\.ts$/.test(path) && !path.startsWith('safety/'))
  .flatMap(({ path, text }) => readTitles(path, text))

test('a title that begins with "abuse", "fault" or "seed" and a digit has a whole number and a colon', () => {
  assert.deepEqual(
    titles.filter((title) => !isNumber(title)),
    [],
  )
})

for (const kind of Object.keys(documents) as Kind[]) {
  test(`${documents[kind]} names for each number of "${kind}" the files whose titles have it, and no others`, () => {
    const rows = readRows(readFileSync(join(root, documents[kind]), 'utf8'))
    assert.notEqual(rows.length, 0)
    const corrections = findCorrections(kind, rows, titles)
    assert.equal(corrections.length, 0, `\n${corrections.join('\n')}\n`)
  })
}

/** One table with one title, and the expected correction. */
const samples: Readonly<Record<string, { rows: string; title?: string; says: RegExp | undefined }>> = {
  'a row with its file': { rows: '| 036 | a | `a.test.ts` |', title: 'abuse 036: a', says: undefined },
  'a row without a title': { rows: '| 036 | a | not built yet |', says: undefined },
  'a row that is tested under another': {
    rows: '| 036 | a | `a.test.ts` |\n| 037 | b | under 036 |',
    title: 'abuse 036: a',
    says: undefined,
  },
  'a title that its row does not know': {
    rows: '| 036 | a | not built yet |',
    title: 'abuse 036: a',
    says: /:3: .*036.* to: `a\.test\.ts`$/,
  },
  'a file without the title': { rows: '| 036 | a | `a.test.ts` |', says: /:3: .*036.* to: not built yet$/ },
  'a title without a row': {
    rows: '| 036 | a | not built yet |',
    title: 'abuse 037: a',
    says: /add a row 037 that ends with "\| `a\.test\.ts` \|"/,
  },
  'a number twice': { rows: '| 036 | a | not built yet |\n| 036 | a | not built yet |', says: /:4: remove the second row 036/ },
  'a row that is tested under one without tests': { rows: '| 036 | a | under 037 |', says: /to: not built yet$/ },
  'a number in another form': { rows: '| 36 | a | not built yet |', says: /:3: "36" is not a number/ },
}
for (const [what, { rows, title, says }] of Object.entries(samples)) {
  test(`${what}: ${says ? 'is reported with its correction' : 'is right'}`, () => {
    const found = title === undefined ? [] : readTitles('a.test.ts', `test('${title}', () => {})`)
    const corrections = findCorrections('abuse', readRows(`| number | case | tested in |\n|---|---|---|\n${rows}`), found)
    assert.equal(corrections.length, says ? 1 : 0, corrections.join('\n'))
    if (says) assert.match(corrections[0] ?? '', says)
  })
}
