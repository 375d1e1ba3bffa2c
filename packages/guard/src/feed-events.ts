// Reads a stream of server-sent events (WHATWG HTML §9.2.5 and §9.2.6) in bounded memory. Does not know what the events say.

export interface FeedEvent {
  /** `message` if the event names no type. */
  readonly type: string
  /** Of this event or of the last one before it that had an id; empty if none had. */
  readonly id: string
  readonly data: string
}

/** Thrown for a line or an event that is too long. */
export class FeedSyntaxError extends Error {
  override name = 'FeedSyntaxError'
}

/** Of a line, and of the lines of an event together, in UTF-16 code units, of which a byte makes at most one. */
const maxLength = 256 * 1024

/**
 * Returns a function that takes the stream in pieces of any size and returns the events that are complete with it.
 * @throws FeedSyntaxError; the stream must not be read further then.
 */
export function createEventParser(limit = maxLength): (bytes: Uint8Array) => readonly FeedEvent[] {
  const decoder = new TextDecoder() // Drops a byte order mark at the start, and replaces what is not UTF-8 (§9.2.6).
  let line = ''
  /** The last character was a carriage return, which ended its line: a line feed that follows belongs to it. */
  let endsInReturn = false
  let [type, data, id] = ['', '', '']

  function take(name: string, value: string): void {
    if (name === 'event') type = value
    if (name === 'data') {
      if (data.length + value.length >= limit) throw new FeedSyntaxError(`An event of the feed is longer than ${limit} characters`)
      data += `${value}\n`
    }
    if (name === 'id' && !value.includes('\0')) id = value
  }

  function readLine(text: string): FeedEvent | undefined {
    if (text === '') return finish()
    const colon = text.indexOf(':')
    if (colon === 0) return undefined // A comment.
    if (colon < 0) take(text, '')
    else take(text.slice(0, colon), text.slice(text[colon + 1] === ' ' ? colon + 2 : colon + 1))
    return undefined
  }

  function finish(): FeedEvent | undefined {
    const event = data === '' ? undefined : { type: type || 'message', id, data: data.slice(0, -1) }
    type = ''
    data = ''
    return event
  }

  return (bytes) => {
    const events: FeedEvent[] = []
    let text = decoder.decode(bytes, { stream: true })
    if (endsInReturn && text.startsWith('\n')) text = text.slice(1)
    if (bytes.length > 0) endsInReturn = text.endsWith('\r')
    const pieces = text.split(/\r\n|\r|\n/)
    for (const [index, piece] of pieces.entries()) {
      if (line.length + piece.length > limit) throw new FeedSyntaxError(`A line of the feed is longer than ${limit} characters`)
      line += piece
      if (index === pieces.length - 1) break // Goes on with the next piece of the stream.
      const event = readLine(line)
      line = ''
      if (event) events.push(event)
    }
    return events
  }
}
