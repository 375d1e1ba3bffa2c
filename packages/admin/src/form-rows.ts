// The fields of an operation's input, for forms in the browser: forms.ts has them for each, made by scripts/generate.ts. They are what the
// JSON Schema of a shape says; the server checks more, and names the faulty member.
import { z } from 'zod'
import { isWrite, type Operation } from './operation.ts'

export interface FormRow {
  readonly summary: string
  /** Of an operation that changes something. */
  readonly description?: string
  readonly params: Fields
  readonly query?: Fields
  readonly body?: Fields
}

export type Fields = Readonly<Record<string, Field>>

export interface Field {
  /**
   * "instant" is a text in ISO 8601. "list" has `of`. "record" has the `members` that it can have, or `of` for values under names of any
   * kind. "json" is any value: a text that is JSON stands for what it says, every other text for itself.
   */
  readonly type: 'text' | 'number' | 'boolean' | 'instant' | 'choice' | 'list' | 'record' | 'json'
  readonly required?: true
  readonly nullable?: true
  readonly words?: string
  readonly example?: unknown
  readonly choices?: readonly string[]
  /** A regular expression for the flag "u"; the attribute `pattern` of HTML has the flag "v", which refuses some of them. */
  readonly pattern?: string
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
  /** Of a number: whole numbers only. */
  readonly whole?: true
  readonly of?: Field
  readonly members?: Fields
  readonly default?: unknown
}

export function describeForm({ summary, description, params, query, body, ...operation }: Operation): FormRow {
  return {
    summary,
    ...(description && isWrite(operation) && { description }),
    params: fieldsOf(params),
    ...(query && { query: fieldsOf(query) }),
    ...(body && { body: fieldsOf(body) }),
  }
}

interface Schema {
  readonly type?: string | readonly string[]
  readonly format?: string
  readonly description?: string
  readonly examples?: readonly unknown[]
  readonly enum?: readonly string[]
  readonly const?: string
  readonly anyOf?: readonly Schema[]
  readonly pattern?: string
  readonly minLength?: number
  readonly maxLength?: number
  readonly minItems?: number
  readonly maxItems?: number
  readonly minimum?: number
  readonly maximum?: number
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly additionalProperties?: Schema | false
  readonly required?: readonly string[]
  readonly default?: unknown
}

function fieldsOf(shape: z.ZodObject): Fields {
  // Inlined: a form has no components that it could refer to.
  return membersOf(withoutReferences(z.toJSONSchema(shape, { io: 'input', reused: 'inline' })))
}

/** Shapes with an id become references also if they are inlined. */
function withoutReferences({ $defs = {}, ...schema }: z.core.JSONSchema.BaseSchema): Schema {
  const resolve = (part: unknown): unknown => {
    if (Array.isArray(part)) return part.map(resolve)
    if (typeof part !== 'object' || part === null) return part
    const { $ref, ...rest } = part as { readonly $ref?: string }
    const named = $ref === undefined ? {} : ($defs[$ref.replace('#/$defs/', '')] as object)
    return Object.fromEntries(Object.entries({ ...named, ...rest }).map(([name, member]) => [name, resolve(member)]))
  }
  return resolve(schema) as Schema
}

function membersOf({ properties = {}, required = [] }: Schema): Fields {
  return Object.fromEntries(
    Object.entries(properties).map(([name, schema]) => {
      const { type, ...field } = describeField(schema)
      // With a default it can be left out, also where the schema of the input is that of a part of it.
      return [name, { type, ...(required.includes(name) && !('default' in schema) && { required: true }), ...field }]
    }),
  )
}

function describeField(schema: Schema): Field {
  const choices = schema.anyOf?.filter(({ type }) => type !== 'null') ?? [schema]
  const nullable = schema.anyOf !== undefined && choices.length < schema.anyOf.length
  const said = {
    ...(nullable && { nullable }),
    ...(schema.description && { words: schema.description }),
    ...(schema.examples && { example: schema.examples[0] }),
    ...('default' in schema && { default: schema.default }),
  }
  const [only, ...more] = choices
  if (only === undefined || more.length > 0) return { ...describeUnion(choices), ...said }
  const { words, example, ...kind } = only === schema ? describeKind(schema) : describeField(only)
  return { ...kind, ...(words && { words }), ...(example !== undefined && { example }), ...said } as Field
}

function describeUnion(choices: readonly Schema[]): Field {
  const patterns = choices.map(({ type, pattern }) => (type === 'string' ? pattern : undefined))
  if (patterns.includes(undefined)) return { type: 'json' }
  return { type: 'text', pattern: patterns.map((pattern) => `(?:${pattern})`).join('|') }
}

function describeKind(schema: Schema): Field {
  const { pattern, minLength, maxLength, minimum, maximum } = schema
  if (schema.enum?.join() === 'true,false') return { type: 'boolean' } // In a query.
  if (schema.enum) return { type: 'choice', choices: schema.enum }
  if (schema.format === 'date-time') return { type: 'instant' }
  if (schema.type === 'boolean') return { type: 'boolean' }
  if (schema.type === 'array') {
    const bounds = defined({ minLength: schema.minItems, maxLength: schema.maxItems })
    return { type: 'list', of: describeField(schema.items ?? {}), ...bounds }
  }
  if (schema.type === 'object') {
    if (schema.properties) return { type: 'record', members: membersOf(schema) }
    return { type: 'record', of: describeField(schema.additionalProperties || {}) }
  }
  if (schema.type === 'string') return { type: 'text', ...defined({ pattern, minLength, maxLength }) }
  if (schema.type !== 'integer' && schema.type !== 'number') return { type: 'json' }
  const bounds = Object.entries(defined({ minimum, maximum })).filter(([, bound]) => Math.abs(bound as number) < Number.MAX_SAFE_INTEGER)
  return { type: 'number', ...(schema.type === 'integer' && { whole: true }), ...Object.fromEntries(bounds) }
}

function defined<Members extends Readonly<Record<string, unknown>>>(
  members: Members,
): { [Key in keyof Members]?: NonNullable<Members[Key]> } {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as {
    [Key in keyof Members]?: NonNullable<Members[Key]>
  }
}
