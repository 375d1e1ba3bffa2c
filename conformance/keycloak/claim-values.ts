// How Keycloak writes a value into a token: the type that a mapper names, the path of its claim, and what happens where one is already.
import type { JsonRecord, JsonValue } from '@countersign/protocol'
import type { Settings } from './realm-export.ts'

/** What the export does not determine, or what no token can carry. */
export class Unreproducible extends Error {
  override name = 'Unreproducible'
}

export type Claims = Map<string, ClaimValue>
export type ClaimValue = JsonValue | Claims

/** The components of a claim's path: separated by dots, where a backslash makes the next character a literal one. */
export function splitClaimPath(path: string): string[] {
  const components = path.match(/(?:\\.|[^\\.])+/gs) ?? []
  return components.map((component) => component.replaceAll(/\\(.)/gs, '$1'))
}

/** A value in the JSON type that a mapper names. Of a list without `multivalued` only the first element counts. */
export function typedValue(value: string | readonly string[], config: Settings): JsonValue | undefined {
  if (typeof value === 'string') return typedText(value, config['jsonType.label'])
  if (config['multivalued'] === 'true')
    return value.length === 0 ? undefined : value.map((item) => typedText(item, config['jsonType.label']))
  return value[0] === undefined ? undefined : typedText(value[0], config['jsonType.label'])
}

function typedText(text: string, type: string | undefined): JsonValue {
  if (type === 'boolean') return text.toLowerCase() === 'true'
  if (type === 'int' || type === 'long') return wholeNumber(text)
  return type === 'JSON' ? parsedJson(text) : text
}

function wholeNumber(text: string): number {
  const number = Number(text)
  if (!/^[+-]?\d+$/.test(text) || !Number.isSafeInteger(number)) throw new Unreproducible(`"${text}" is no number that JSON can carry`)
  return number
}

function parsedJson(text: string): JsonValue {
  try {
    return JSON.parse(text) as JsonValue
  } catch {
    throw new Unreproducible(`"${text}" is not JSON`)
  }
}

/**
 * Puts a value at a path. Lists unite where the mapper has several values; every other value replaces the one before.
 * @returns the value that was replaced by a different one
 */
export function putClaim(claims: Claims, path: readonly string[], value: JsonValue, unites: boolean): JsonValue | undefined {
  const last = path.at(-1)
  if (last === undefined) return undefined
  let place = claims
  for (const component of path.slice(0, -1)) {
    const inner = place.get(component)
    if (inner !== undefined && !(inner instanceof Map)) throw new Unreproducible(`"${component}" is a value and an object`)
    const next: Claims = inner ?? new Map()
    place.set(component, next)
    place = next
  }
  const before = place.get(last)
  if (unites && Array.isArray(before) && Array.isArray(value)) {
    const list = before as JsonValue[]
    place.set(last, [...list, ...(value as JsonValue[]).filter((item) => !list.includes(item))])
    return undefined
  }
  place.set(last, value)
  if (before === undefined) return undefined
  const plain = before instanceof Map ? plainClaims(before) : before
  return JSON.stringify(plain) === JSON.stringify(value) ? undefined : plain
}

export function plainClaims(claims: Claims): JsonRecord {
  return Object.fromEntries([...claims].map(([name, value]) => [name, value instanceof Map ? plainClaims(value) : value]))
}
