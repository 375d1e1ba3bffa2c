// Checks the parts of a request against what is expected of them.
import type { FieldError } from '@countersign/protocol'
import type { z } from 'zod'
import { ProblemError } from '../refusals.ts'

type Part = 'params' | 'query' | 'body'

/**
 * @param parts what each part must be, and what it is; a part that is missing counts as empty
 * @throws ProblemError `invalid-request` naming every faulty field by a JSON pointer into its part of the request
 */
export function checkParts(parts: { readonly [name in Part]?: readonly [z.ZodType | undefined, unknown] }): Readonly<
  Record<string, unknown>
> {
  const checked: Record<string, unknown> = {}
  const errors: FieldError[] = []
  for (const [part, [schema, value]] of Object.entries(parts)) {
    const result = schema?.safeParse(value ?? {})
    if (result?.success) checked[part] = result.data
    for (const issue of result?.error?.issues ?? []) {
      const path = issue.code === 'unrecognized_keys' ? [...issue.path, issue.keys[0] ?? ''] : issue.path
      const detail = issue.code === 'unrecognized_keys' ? 'expected no such member' : issue.message
      errors.push({ pointer: `/${[...(part === 'body' ? [] : [part]), ...path].join('/')}`, detail })
    }
  }
  if (errors.length > 0) {
    const [first] = errors
    throw new ProblemError('invalid-request', { detail: `${first?.pointer}: ${first?.detail}`, errors })
  }
  return checked
}
