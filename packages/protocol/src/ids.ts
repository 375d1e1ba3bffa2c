// The forms of ids that guards, the server and the command all check.

const requestId = /^[0-9a-f]{12}-[0-9a-f]{8}-[0-9a-f]{8}$/
const lowerCaseUuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** Whether it has the form of an id that a server or a guard makes: instant, process and number, so that ids sort by time. */
export function isRequestId(text: unknown): text is string {
  return typeof text === 'string' && requestId.test(text)
}

const before = /^(?:.*?(?:urn:request:|\brequest[ -]?id["']?\s*[:=]))?[\s"'(<]*/is
const after = /[\s"')>.,;]+$/

/**
 * The id of a request as people pass it on: alone, after "request id:" or "urn:request:", at the end of a sentence; one that a server or a guard
 * has made also within one. Undefined if the text has none, or several.
 */
export function readRequestId(text: string): string | undefined {
  const made = new Set(text.match(/\b[0-9a-f]{12}-[0-9a-f]{8}-[0-9a-f]{8}\b/g))
  if (made.size > 0) return made.size === 1 ? [...made][0] : undefined
  const id = text.replace(before, '').replace(after, '')
  return /^[A-Za-z0-9._-]{1,64}$/.test(id) ? id : undefined
}

/** Whether it is a UUID as the server writes it (RFC 9562 §4), of any version. */
export function isLowerCaseUuid(text: string): boolean {
  return lowerCaseUuid.test(text)
}
