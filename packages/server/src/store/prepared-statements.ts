// Statements that PostgreSQL parses and plans once for each connection, by their name. Only for those whose result does not change with
// a migration: a server of this version serves on while a newer one adds columns.

/** Names by SQL text. */
const names = new Map<string, string>()

/** The text must be one of a bounded number. */
export function prepareOnce(text: string): void {
  if (!names.has(text)) names.set(text, `countersign ${names.size + 1}`)
}

export function preparedName(text: string): string | undefined {
  return names.get(text)
}
