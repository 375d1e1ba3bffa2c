// The forms of ids that guards, the server and the command all check.

const requestId = /^[0-9a-f]{12}-[0-9a-f]{8}-[0-9a-f]{8}$/
const lowerCaseUuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** Whether it has the form of an id that a server or a guard makes: instant, process and number, so that ids sort by time. */
export function isRequestId(text: unknown): text is string {
  return typeof text === 'string' && requestId.test(text)
}

/** Whether it is a UUID as the server writes it (RFC 9562 §4), of any version. */
export function isLowerCaseUuid(text: string): boolean {
  return lowerCaseUuid.test(text)
}
