import * as fc from 'fast-check'

/** Any string, lone surrogates included. (fast-check's own unit "binary" takes a second to set up.) */
export const anyText = fc.oneof(
  fc.string(),
  fc.uint16Array().map((units) => String.fromCharCode(...units)),
)

/** Text composed of pieces of a grammar: more often nearly valid than arbitrary text. */
export function textOf(...pieces: string[]): fc.Arbitrary<string> {
  return fc.array(fc.constantFrom(...pieces)).map((chosen) => chosen.join(''))
}
