// What a text in the palette is, by its form.
import { readRequestId } from '@countersign/protocol'

/** A JWT, also one with "Bearer" before it. */
export function looksLikeToken(text: string): boolean {
  return /^(?:Bearer\s+)?eyJ[\w-]{8,}\.[\w-]+\.[\w-]*$/i.test(text)
}

/** A client secret, also with text around it, as in an .env file. It may be in no address and no request. */
export function looksLikeSecret(text: string): boolean {
  return text.includes('csk_')
}

/** As the server makes them, as APIs do, or as callers send them: an id has a digit, and no word has. */
export function requestIdOf(text: string): string | undefined {
  const id = readRequestId(text) ?? ''
  return id.length > 4 && /\d/.test(id) && !looksLikeToken(text) && !looksLikeSecret(text) ? id : undefined
}

/** Whether one of them contains the text, as the server searches. */
export function containsText(texts: readonly string[], text: string): boolean {
  const part = text.toLowerCase()
  return texts.some((one) => one.toLowerCase().includes(part))
}

/** Each word of the query begins a word of the name. */
export function matches(name: string, query: string): boolean {
  const words = name.toLowerCase().split(/\s+/)
  return query
    .toLowerCase()
    .split(/\s+/)
    .filter((part) => part !== '')
    .every((part) => words.some((word) => word.startsWith(part)))
}
