// What is wrong with a value, in our words, where its schema does not say so itself.
import type { z } from 'zod'

/** The error map of a parse; undefined leaves the text of the library. */
export function describeIssue(issue: z.core.$ZodRawIssue): string | undefined {
  switch (issue.code) {
    case 'invalid_type':
      return `Expected ${typeNames[issue.expected] ?? issue.expected}${describeGiven(issue.expected, issue.input)}`
    case 'invalid_value':
      return `Expected ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.map((value) => JSON.stringify(value)).join(', ')}`
    case 'too_small':
      return `Expected at least ${issue.minimum}${unitOf(issue.origin, issue.minimum)}`
    case 'too_big':
      return `Expected at most ${issue.maximum}${unitOf(issue.origin, issue.maximum)}`
  }
  return undefined
}

/** As JSON calls them. */
const typeNames: Readonly<Record<string, string>> = {
  string: 'a string',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'an array',
  object: 'an object',
  record: 'an object',
}

function describeGiven(expected: string, given: unknown): string {
  if (given === undefined) return ', but it is missing'
  if (given === null) return ', not null'
  const type = Array.isArray(given) ? 'array' : typeof given
  // A text in a query that is no number, or a number that is not whole.
  return Number.isNaN(given) || expected === 'int' || typeNames[type] === undefined
    ? ''
    : `, not ${type === 'boolean' ? String(given as boolean) : typeNames[type]}`
}

function unitOf(origin: string, count: number | bigint): string {
  const unit = { string: 'character', array: 'item', set: 'item' }[origin]
  return unit === undefined ? '' : ` ${unit}${count === 1 ? '' : 's'}`
}
