// The modules of @countersign/admin for the browser: a row for each operation, without zod.
import { describeForm } from '../packages/admin/src/form-rows.ts'
import { describeRow } from '../packages/admin/src/operation-rows.ts'
import type { Operation } from '../packages/admin/src/operation.ts'
import { operations } from '../packages/admin/src/operations.ts'

const rows = Object.entries(operations) as [string, Operation][]

/** By file. */
export const operationTables: Readonly<Record<string, string>> = {
  'packages/admin/src/table.ts': moduleOf({
    what: 'How each operation is called: a row of operation-rows.ts for each.',
    imports: ["import type { OperationRow } from './operation-rows.ts'"],
    exports: ["export type { OperationRow } from './operation-rows.ts'"],
    declaration: 'export const table: { readonly [Name in OperationName]: OperationRow }',
    describe: describeRow,
  }),
  'packages/admin/src/forms.ts': moduleOf({
    what: 'The fields of each operation: a row of form-rows.ts for each. Loaded when a form opens.',
    imports: ["import type { FormRow } from './form-rows.ts'"],
    exports: ["export type { Field, Fields, FormRow } from './form-rows.ts'"],
    declaration: 'export const forms: { readonly [Name in OperationName]: FormRow }',
    describe: describeForm,
  }),
}

interface Module {
  readonly what: string
  readonly imports: readonly string[]
  readonly exports: readonly string[]
  readonly declaration: string
  readonly describe: (operation: Operation) => object
}

function moduleOf({ what, imports, exports, declaration, describe }: Module): string {
  return [
    `// ${what} Written by scripts/generate.ts.`,
    ...imports,
    "import type { OperationName } from './operations.ts'",
    ...exports,
    '',
    `${declaration} = {`,
    ...rows.map(([name, operation]) => `  '${name}': ${toLiteral(describe(operation))},`),
    '}',
    '',
  ].join('\n')
}

/** As it would be written by hand, in one line. */
function toLiteral(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(toLiteral).join(', ')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const members = Object.entries(value).map(([name, member]) => `${/^\w+$/.test(name) ? name : JSON.stringify(name)}: ${toLiteral(member)}`)
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`
}
