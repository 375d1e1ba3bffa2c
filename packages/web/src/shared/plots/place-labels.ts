// Places the labels of vertical marks in rows above a plot, so that none covers another or leaves the plot.

export interface Mark {
  readonly x: number
  readonly text: string
}

export interface PlacedLabel extends Mark {
  /** From the top. */
  readonly row: number
  /** Where the text begins: right of its mark, left of it, or where the plot has room. */
  readonly textX: number
}

/** Pixels: of a character of 11.5 px, from a mark to its text, and between two texts. */
const characterWidth = 6.3
const distance = 4
const gap = 8

export function widthOfText(text: string): number {
  return Math.ceil(text.length * characterWidth)
}

/** @param width of the plot; marks are placed in the order given */
export function placeLabels(marks: readonly Mark[], width: number): PlacedLabel[] {
  const rows: [from: number, to: number][][] = []
  return marks.map((mark) => {
    const length = widthOfText(mark.text)
    const beside = [mark.x + distance, mark.x - distance - length].filter((from) => from >= 0 && from + length <= width)
    const places = beside.length > 0 ? beside : [Math.max(0, Math.min(mark.x - length / 2, width - length))]
    for (let row = 0; ; row++) {
      const taken = (rows[row] ??= [])
      const textX = places.find((from) => taken.every((other) => from >= other[1] + gap || other[0] >= from + length + gap))
      if (textX === undefined) continue
      taken.push([textX, textX + length])
      return { ...mark, row, textX }
    }
  })
}
