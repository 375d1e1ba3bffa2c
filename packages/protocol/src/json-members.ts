// JSON with the same member twice in one object: parsers disagree on which of the two counts (RFC 8259 §4), so one that checks and one
// that acts could read different values.

/**
 * Whether an object in `text`, at any depth, has a member twice, also if the names are escaped differently. JSON.parse keeps one
 * of them, so the text then has more names than the value. The cost is linear in the length.
 * @param text valid JSON
 * @param value what JSON.parse made of it
 */
export function hasRepeatedMember(text: string, value: unknown): boolean {
  return countNames(text) !== countMembers(value)
}

/** Counts the strings that are followed by a colon. */
function countNames(text: string): number {
  let count = 0
  let start = text.indexOf('"')
  while (start >= 0) {
    let next = endOfString(text, start) + 1
    while (isSpace(text.charCodeAt(next))) next++
    if (text[next] === ':') count++
    start = text.indexOf('"', next)
  }
  return count
}

/** The index of the quote that ends the string: the first that has an even number of backslashes before it. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); end >= 0; end = text.indexOf('"', end + 1)) {
    let first = end
    while (text[first - 1] === '\\') first--
    if ((end - first) % 2 === 0) return end
  }
  return text.length
}

/** JSON's white space: space, tab, line feed, carriage return. */
function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d
}

/** Without recursion, because the depth is up to the sender. */
function countMembers(value: unknown): number {
  let count = 0
  const left = [value]
  while (left.length > 0) {
    const next = left.pop()
    if (typeof next !== 'object' || next === null) continue
    const values: unknown[] = Object.values(next)
    if (!Array.isArray(next)) count += values.length
    for (const each of values) if (typeof each === 'object') left.push(each)
  }
  return count
}
