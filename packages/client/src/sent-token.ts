// Which token an error of an HTTP library is about, so that no text of the API that repeats it gets into an error of this package.

/** Also for the other format of this package, whose module is another one. */
const isEchoed = Symbol.for('countersign.isEchoed')

/** Remembers the token of the request in its error, as a function, before it is removed from what the error shows. */
export function noteSentToken(error: unknown): void {
  if (typeof error !== 'object' || error === null || isEchoed in error || !Object.isExtensible(error)) return
  const isEchoedIn = echoOf(error)
  if (isEchoedIn !== undefined) Object.defineProperty(error, isEchoed, { value: isEchoedIn })
}

/** Whether a text contains what was sent in the Authorization header; undefined if the error does not tell. */
export function echoOf(error: unknown): ((text: string) => boolean) | undefined {
  const { config, options, request, [isEchoed]: known } = membersOf(error)
  if (typeof known === 'function') return known as (text: string) => boolean
  for (const { headers } of [config, options, request].map(membersOf)) {
    const [, credentials = ''] = /^\S+ +(\S+)$/.exec(authorizationIn(headers) ?? '') ?? []
    if (credentials !== '') return (text) => text.includes(credentials)
  }
  return undefined
}

/** Of axios and `fetch` an object with `get`, of got a record. */
function authorizationIn(headers: unknown): string | undefined {
  const { get, authorization } = membersOf(headers)
  const value: unknown = typeof get === 'function' ? get.call(headers, 'authorization') : authorization
  return typeof value === 'string' ? value : undefined
}

function membersOf(value: unknown): Record<string | symbol, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string | symbol, unknown>) : {}
}
