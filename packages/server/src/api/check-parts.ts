// Validates the parts of a request against their schemas.
import { escapePointer, type FieldError } from '@countersign/protocol'
import { z } from 'zod'
import { ProblemError } from '../errors.ts'
import { describeIssue } from './describe-issue.ts'

/** Input of the wrong kind is invalid throughout: the first errors are enough. */
const maxErrors = 100

/** Unknown input is an error, because its sender expects it to have an effect. */
const nothing = z.strictObject({})

type Part = 'params' | 'query' | 'body'

/**
 * @param parts schema and value of each part; a missing part counts as empty
 * @throws ProblemError `invalid-request` naming every invalid field by a JSON pointer into its part of the request
 */
export function checkParts(parts: { readonly [name in Part]?: readonly [z.ZodType | undefined, unknown] }): Readonly<
  Record<string, unknown>
> {
  const checked: Record<string, unknown> = {}
  const errors: FieldError[] = []
  for (const [part, [schema, value]] of Object.entries(parts)) {
    const { given, repeated } = part === 'query' ? takeFirst(value) : { given: value, repeated: new Set<PropertyKey>() }
    const result = (schema ?? nothing).safeParse(given ?? {}, { error: describeIssue })
    if (result.success && schema) checked[part] = result.data
    const base = part === 'body' ? [] : [part]
    for (const issue of result.error?.issues ?? []) {
      if (issue.code === 'unrecognized_keys') {
        errors.push(...issue.keys.map((key) => ({ pointer: toPointer([...base, ...issue.path, key]), detail: 'expected no such member' })))
        for (const key of issue.keys) repeated.delete(key)
      } else if (!repeated.has(issue.path[0]!)) errors.push({ pointer: toPointer([...base, ...issue.path]), detail: issue.message })
    }
    for (const name of repeated) errors.push({ pointer: toPointer([...base, name]), detail: `"${String(name)}" must be given once` })
  }
  if (errors.length > 0) {
    const [first] = errors
    const detail = first?.pointer === '' ? `The body: ${first.detail}` : `${first?.pointer}: ${first?.detail}`
    throw new ProblemError('invalid-request', { detail, errors: errors.slice(0, maxErrors) })
  }
  return checked
}

/** A repeated parameter arrives as a list: the first value of each, and which ones were repeated. */
function takeFirst(query: unknown): { given: Record<string, unknown>; repeated: Set<PropertyKey> } {
  const given: Record<string, unknown> = {}
  const repeated = new Set<PropertyKey>()
  for (const [name, value] of Object.entries(query ?? {})) {
    if (Array.isArray(value)) repeated.add(name)
    given[name] = Array.isArray(value) ? (value as unknown[])[0] : value
  }
  return { given, repeated }
}

function toPointer(path: readonly PropertyKey[]): string {
  return path.map((name) => `/${escapePointer(String(name))}`).join('')
}
