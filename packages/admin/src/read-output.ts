// Reads a response of the admin API. Members that a later version of the server has added are left out: the change was made already, and an
// error would lose a secret that is shown only once.
import type { z } from 'zod'

/** @throws ZodError if the response lacks something or has it in another form */
export function readOutput(shape: z.ZodType, answer: unknown): unknown {
  const { success, data, error } = shape.safeParse(answer)
  if (success) return data
  const added = error.issues.filter((issue) => issue.code === 'unrecognized_keys')
  if (added.length < error.issues.length) throw error
  for (const { path, keys } of added) removeMembers(answer, path, keys)
  return shape.parse(answer)
}

function removeMembers(answer: unknown, path: readonly PropertyKey[], keys: readonly string[]): void {
  const parent = path.reduce((value, key) => (value as Record<PropertyKey, unknown>)[key], answer)
  for (const key of keys) delete (parent as Record<string, unknown>)[key]
}
