import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { brotliCompressSync } from 'node:zlib'
import { forms } from './forms.ts'
import { describeForm } from './form-rows.ts'
import { operations, type Operation } from './index.ts'
import { table } from './table.ts'

const { params, body = {} } = forms['clients.create']

test('a field has type, bounds and words of its shape', () => {
  const { pattern, ...realm } = params['realm']!
  assert.deepEqual(realm, { type: 'text', required: true, words: 'Name of a realm.', example: 'nt24-idp' })
  assert.match('nt24-idp', new RegExp(pattern!, 'u'))
  const { accessTokenLifetime, secretExpiresAt, enabled, headerType } = body
  const bounds = { type: 'number', whole: true, minimum: 1, maximum: 86_400, nullable: true, default: null } as const
  assert.deepEqual({ ...accessTokenLifetime, words: undefined, example: undefined }, { ...bounds, words: undefined, example: undefined })
  assert.deepEqual([secretExpiresAt?.type, secretExpiresAt?.nullable], ['instant', true])
  assert.deepEqual([enabled?.type, enabled?.default, enabled?.required], ['boolean', true, undefined])
  assert.deepEqual([headerType?.type, headerType?.choices], ['choice', ['at+jwt']])
})

test('lists and records have the fields in them, also where the shape is a component', () => {
  assert.deepEqual(body['scopes']?.of, { type: 'text' })
  const { roles } = body['grant']!.members!
  assert.deepEqual([roles?.type, roles?.members?.['clients']?.of?.of?.type], ['record', 'text'])
  assert.equal(forms['partners.change'].body?.['authorize']?.of?.members?.['id']?.required, true)
})

test('what can be of several types is any value, unless all of them are texts', () => {
  assert.equal(forms['capabilities.set'].body?.['value']?.type, 'json')
  assert.equal(body['key']?.type, 'json')
  const { type, pattern } = body['organization']!
  assert.equal(type, 'text')
  for (const key of ['acme', 'b42d0000-0000-4000-8000-000000001a7a']) assert.match(key, new RegExp(pattern!, 'u'))
  assert.doesNotMatch('Acme', new RegExp(pattern!, 'u'))
})

test('a truth value of a query is a boolean', () => {
  assert.equal(forms['partners.delete'].query?.['force']?.type, 'boolean')
})

for (const [name, operation] of Object.entries<Operation>(operations)) {
  test(`${name}: every member of its input is a field, required as the shape says`, () => {
    const form = describeForm(operation)
    for (const part of ['params', 'query', 'body'] as const) {
      const shape = operation[part]
      assert.deepEqual(Object.keys(form[part] ?? {}), Object.keys(shape?.shape ?? {}))
      for (const [member, field] of Object.entries(form[part] ?? {}))
        assert.equal(field.required ?? false, !shape!.shape[member]!.safeParse(undefined).success, `${part} ${member}`)
    }
  })
}

test('the tables for pages are small, and have every operation', () => {
  const size = (file: string) => brotliCompressSync(readFileSync(join(import.meta.dirname, file))).length
  assert.ok(size('table.ts') <= 5 * 1024)
  assert.ok(size('forms.ts') <= 12.5 * 1024, `${size('forms.ts')} bytes`)
  for (const rows of [table, forms]) assert.deepEqual(Object.keys(rows), Object.keys(operations))
})
