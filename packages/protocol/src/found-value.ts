// What an error of a configuration says about the value that was found: in words, and without a password, because any value may be a URL with
// one, put there by mistake.

export function describeFound(value: unknown): string {
  if (value === undefined) return 'nothing'
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list'
  if (typeof value === 'object' && value !== null) return 'a mapping'
  return typeof value === 'string' ? `"${shorten(value.replace(/^.*@/s, '…@'))}"` : String(value)
}

/** For the message of a parser, which quotes the line. */
export function withoutUrls(message: string): string {
  return message.replace(/(\w+:\/\/)\S*/g, '$1…').replace(/\S*@/g, '…@')
}

/** A file without a colon is one text. */
function shorten(text: string): string {
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}
