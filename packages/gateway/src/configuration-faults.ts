// The text of configuration errors: path, expected, found.
import { describeFound } from '@countersign/protocol'
import type { z } from 'zod'

/** `message` completes "expected …". */
export interface ConfigurationFault {
  readonly path: readonly PropertyKey[]
  readonly message: string
}

export function describeFaults(file: string, found: unknown, faults: readonly (ConfigurationFault | z.core.$ZodIssue)[]): string {
  return `"${file}" is not a usable configuration:\n${faults.flatMap((fault) => describeFault(found, fault)).join('\n')}`
}

function describeFault(found: unknown, fault: ConfigurationFault | z.core.$ZodIssue): string[] {
  if ('code' in fault && fault.code === 'unrecognized_keys')
    return fault.keys.map((key) => `  ${[...fault.path, key].join('.')}: expected no such setting`)
  const path: readonly PropertyKey[] = fault.path
  const value = path.reduce<unknown>((parent, key) => (parent as Record<PropertyKey, unknown> | null | undefined)?.[key], found)
  const expected = 'code' in fault ? describeExpected(fault) : fault.message
  return [`  ${path.join('.') || '(the whole file)'}: expected ${expected}, found ${describeFound(value)}`]
}

/** Names of value types as YAML users know them. */
const typeNames: Readonly<Record<string, string>> = {
  string: 'text (put a number in quotes)',
  object: 'a mapping',
  array: 'a list',
  boolean: 'true or false',
  number: 'a number',
}

function describeExpected(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return issue.message.startsWith('Invalid input') ? (typeNames[issue.expected] ?? `a value of type ${issue.expected}`) : issue.message
    case 'invalid_value':
      return issue.values.map((value) => (typeof value === 'string' ? `"${value}"` : String(value))).join(' or ')
    case 'invalid_union':
      return 'a name, or a list of names'
    case 'too_small':
      return issue.message.startsWith('Too') ? `at least ${issue.minimum}` : issue.message
    case 'too_big':
      return issue.message.startsWith('Too') ? `at most ${issue.maximum}` : issue.message
    default:
      return issue.message
  }
}
