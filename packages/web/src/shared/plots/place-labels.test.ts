import assert from 'node:assert/strict'
import { test } from 'node:test'
import { placeLabels, widthOfText, type PlacedLabel } from './place-labels.ts'

function extentOf({ textX, text }: PlacedLabel): [number, number] {
  return [textX, textX + widthOfText(text)]
}

test('labels of marks side by side are in rows, and none leaves the plot', () => {
  for (const width of [200, 292, 900])
    for (const shift of [0, 1, 5, 30]) {
      const xs = [width - 60 - shift, width - 60, width - 50, width - 1]
      const texts = ['now', 'old last used 3 min ago', 'can end 09:17', 'ends tomorrow 22:00']
      const placed = placeLabels(
        texts.map((text, index) => ({ x: xs[index]!, text })),
        width,
      )
      assert.ok(placed.every(({ row }) => row < 4))
      placed.forEach((one, index) => {
        const [from, to] = extentOf(one)
        assert.ok(from >= 0 && to <= width, `${one.text} at ${width}`)
        for (const other of placed.slice(index + 1)) {
          const [otherFrom, otherTo] = extentOf(other)
          assert.ok(one.row !== other.row || to < otherFrom || otherTo < from, `${one.text} and ${other.text}`)
        }
      })
    }
})

test('labels with room are in one row', () => {
  const placed = placeLabels(
    [
      { x: 100, text: 'now' },
      { x: 400, text: 'ends Sun' },
    ],
    900,
  )
  assert.deepEqual(
    placed.map(({ row, textX }) => [row, textX]),
    [
      [0, 104],
      [0, 404],
    ],
  )
})

test('a text that is wider than the plot is placed all the same', () => {
  assert.equal(placeLabels([{ x: 10, text: 'a'.repeat(200) }], 100).length, 1)
})
