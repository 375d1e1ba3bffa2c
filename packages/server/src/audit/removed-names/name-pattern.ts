// How a name is found in a text: as whole words, in any case, in either Unicode form, with any space between its words.

/** What stands where a name was. */
export const removedMarker = '(removed)'

export interface NamePattern {
  /** Lower-case letters and digits that every text with the name contains, for a first look; may be empty. */
  readonly part: string
  /** The text with the marker in place of each occurrence; the same text if there is none. */
  removeFrom(text: string): string
}

export function createNamePattern(name: string): NamePattern {
  const composed = name.normalize('NFC').trim()
  const words = composed.split(/\s+/).map((word) => RegExp.escape(word))
  const pattern = new RegExp(`(?<![\\p{L}\\p{N}\\p{M}])${words.join('\\s+')}(?![\\p{L}\\p{N}\\p{M}])`, 'giu')
  const [part = ''] = (composed.toLowerCase().match(/[a-z0-9]+/g) ?? []).toSorted((a, b) => b.length - a.length)
  return {
    part,
    removeFrom(text) {
      const before = text.normalize('NFC')
      const after = before.replaceAll(pattern, removedMarker)
      return after === before ? text : after
    },
  }
}
