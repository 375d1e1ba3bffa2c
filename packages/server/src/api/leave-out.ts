// Leaves members out of a response that are not for who reads it.
type Members = Readonly<Record<string, unknown>>

/** @param paths such as `clients`, or `items.acceptedBy` of each item of a list */
export function leaveOut(answer: Members, paths: readonly string[] = []): Members {
  return paths.reduce((rest, path) => without(rest, path.split('.')) as Members, answer)
}

function without(value: unknown, [name = '', ...below]: readonly string[]): unknown {
  if (Array.isArray(value)) return value.map((item) => without(item, [name, ...below]))
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return value
  const { [name]: found, ...rest } = value as Members
  return below.length === 0 ? rest : { ...value, [name]: without(found, below) }
}
