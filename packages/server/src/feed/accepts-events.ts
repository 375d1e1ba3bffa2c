/** Whether an `Accept` header names event streams, and not with `q=0`, which refuses them (RFC 9110 §12.5.1). A wildcard names none. */
export function acceptsEvents(accept: string | undefined): boolean {
  return accept !== undefined && accept.split(',').some(isEvents)
}

function isEvents(range: string): boolean {
  const [type, ...parameters] = range.split(';').map((part) => part.trim().toLowerCase())
  return type === 'text/event-stream' && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter))
}
