// What became of a step: which of the ways in which it fails, and whether it may be asked for again under the same key.
import type { CallError } from '../call-error.ts'
import type { FieldErrors } from './check-fields.ts'

/**
 * `changed`: the resource has another version than the page showed. `lost`: it may have been done. `away`: the server could not do it just
 * now. `again`: it needs a fresh sign-in.
 */
export type Failed = 'fields' | 'changed' | 'lost' | 'away' | 'again' | 'signed-out' | 'refused'

export function kindOf({ status, code, isAnswered, errors }: CallError): Failed {
  if (!isAnswered || status === 502 || status === 504 || (status >= 500 && code === 'unreadable')) return 'lost'
  if (status >= 500) return 'away'
  if (code === 'signed-out') return 'signed-out'
  if (code === 'sign-in-again') return 'again'
  if (status === 412) return 'changed'
  return errors.length > 0 ? 'fields' : 'refused'
}

/** A key belongs to one request: what was refused is asked for under a new one, because it will be another request. */
export function keepsKey(failed: Failed): boolean {
  return failed === 'lost' || failed === 'away' || failed === 'again' || failed === 'signed-out'
}

/** Errors by the field that shows them; those that no field shows are the `rest`. An error inside a value is shown at its field. */
export function placeErrors(
  errors: CallError['errors'],
  pointers: readonly string[],
): { readonly placed: FieldErrors; readonly rest: CallError['errors'] } {
  const placed: Record<string, string> = {}
  const rest = errors.filter(({ pointer, detail }) => {
    const [found] = pointers.filter((one) => pointer === one || pointer.startsWith(`${one}/`)).toSorted((a, b) => b.length - a.length)
    if (found === undefined) return true
    const sentence = detail.charAt(0).toUpperCase() + detail.slice(1)
    placed[found] = placed[found] === undefined ? sentence : `${placed[found]} ${sentence}`
    return false
  })
  return { placed, rest }
}
