// A list of partners as text: lines "id,name", as spreadsheets save them. All faulty lines are reported at once.
import { isLowerCaseUuid } from '@countersign/protocol'
import { expectedVisible, isVisibleText } from './visible-text.ts'

export interface PartnerLine {
  readonly id: string
  /** Absent if the line contains only an id, which is enough for a registered partner. */
  readonly name: string | undefined
}

/** The partners, and a sentence for each faulty line. */
export function readPartnerLines(text: string): { readonly partners: readonly PartnerLine[]; readonly faults: readonly string[] } {
  const lineOf = new Map<string, number>()
  const partners: PartnerLine[] = []
  const faults: string[] = []
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === '' || (index === 0 && /^id\s*(?:,\s*name\s*)?$/i.test(line.trim()))) continue
    const [id = '', rest] = splitOnce(line.trim())
    const name = rest === undefined || rest === '' ? undefined : unquote(rest)
    const fault = faultOf(id, name, lineOf.get(id))
    if (fault !== undefined) faults.push(`line ${index + 1}: ${fault}`)
    lineOf.set(id, index + 1)
    partners.push({ id, name: name ?? undefined })
  }
  return { partners, faults }
}

function faultOf(id: string, name: string | null | undefined, earlier: number | undefined): string | undefined {
  if (!isLowerCaseUuid(id)) return `"${id.slice(0, 60)}" is not a lower-case UUID`
  if (earlier !== undefined) return `"${id}" is already in line ${earlier}`
  if (name === null) return 'the quotes around the name are not closed, or text follows them'
  if (name !== undefined && [...name].length > 200) return 'the name is longer than 200 characters'
  if (name !== undefined && !isVisibleText(name)) return `the name must have ${expectedVisible}`
  return undefined
}

function splitOnce(line: string): [id: string, rest?: string] {
  const comma = line.indexOf(',')
  return comma === -1 ? [line] : [line.slice(0, comma).trim(), line.slice(comma + 1).trim()]
}

/** A quoted field may contain commas, and doubled quotes (RFC 4180). Null if it is malformed. */
function unquote(field: string): string | null {
  if (!field.startsWith('"')) return field
  const [, inner] = /^"((?:[^"]|"")*)"$/.exec(field) ?? []
  return inner === undefined ? null : inner.replaceAll('""', '"')
}
