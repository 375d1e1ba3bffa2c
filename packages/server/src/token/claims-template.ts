// The claims of all tokens that differ only in their client, scope, id and dates, serialized once: a token fills the places of these into it.
import { randomUUID } from 'node:crypto'
import { grantVariables, type JsonValue } from '@countersign/protocol'

/** What differs between the tokens of a template; instants are seconds since the epoch. */
export interface TokenSlots {
  readonly clientId: string
  readonly subject: string
  readonly organizationId: string
  readonly scope: string
  readonly tokenId: string
  readonly issuedAt: number
  readonly expiresAt: number
}

/** Stands for each of them while claims are laid out. Random, so that no text of a grant contains one. */
const mark = randomUUID()
export const slots: TokenSlots = {
  clientId: `${mark} clientId.`,
  subject: `${mark} subject.`,
  organizationId: `${mark} organizationId.`,
  scope: `${mark} scope.`,
  tokenId: `${mark} tokenId.`,
  // Texts until they are filled in: then they are numbers, without the quotes.
  issuedAt: `${mark}#issuedAt` as unknown as number,
  expiresAt: `${mark}#expiresAt` as unknown as number,
}
const slotPattern = new RegExp(`"${mark}#(\\w+)"|${mark} (\\w+)\\.`)

/** Returns the claims as JSON. */
export type ClaimsTemplate = (values: TokenSlots) => string

/** @param claims with {@link slots} where tokens differ */
export function compileClaims(claims: Readonly<Record<string, unknown>>): ClaimsTemplate {
  // Split at a pattern with two groups, of which one matches: text, number, name, text, …
  const parts = JSON.stringify(claims).split(slotPattern)
  const texts = parts.filter((_, index) => index % 3 === 0)
  const names = texts.slice(1).map((_, index) => (parts[index * 3 + 1] ?? parts[index * 3 + 2]) as keyof TokenSlots)
  return (values) => {
    let json = texts[0]!
    for (let index = 0; index < names.length; index++) json += insert(values[names[index]!]) + texts[index + 1]!
    return json
  }
}

/** Nearly all ids and every scope: printable ASCII without the quote and the backslash. A test takes half the time of serializing one. */
const withoutEscapes = /^[ !#-[\]-~]*$/

function insert(value: string | number): string {
  if (typeof value === 'number') return String(value)
  return withoutEscapes.test(value) ? value : JSON.stringify(value).slice(1, -1)
}

const variables: Readonly<Record<(typeof grantVariables)[number], string>> = { client_id: slots.clientId, subject: slots.subject }
const variablePattern = new RegExp(`\\$\\{(${grantVariables.join('|')})\\}`, 'g')

/** Puts the slots into the place of the variables in the texts of a grant. */
export function fillVariables(value: JsonValue): JsonValue {
  if (typeof value === 'string') return value.replace(variablePattern, (_, name: keyof typeof variables) => variables[name])
  if (Array.isArray(value)) return value.map(fillVariables)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, fillVariables(member)]))
}
