import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { forms, type Field, type Fields } from '@countersign/admin/forms'
import { isSame, readFields } from './check-fields.ts'
import { beginDraft, controlOf, leavesOf, typedOf, type Draft } from './field-values.ts'

const organization = forms['organizations.create'].body!
const client = forms['clients.update'].body!

/** The error of one field that holds this text. */
function wrong(field: Field, typed: string, before?: unknown): string | undefined {
  return readFields({ one: field }, { '/one': typed }, { initial: { one: before } }).errors['/one']
}

function read(field: Field, typed: Draft[string], before?: unknown): unknown {
  return readFields({ one: field }, { '/one': typed }, { initial: { one: before } }).value['one']
}

test('what is needed and empty is named by its pointer, the rest is left out', () => {
  const { value, errors } = readFields(organization, beginDraft(organization))
  assert.deepEqual(value, {})
  assert.deepEqual(errors, { '/slug': 'This is needed.', '/name': 'This is needed.' })
})

test('a filled-in form is the body of the operation', () => {
  const draft = { ...beginDraft(organization), '/slug': ' acme ', '/name': 'Acme', '/capabilities': 'rateLimitTier=premium\nledKyc = true' }
  const { value, errors } = readFields(organization, draft)
  assert.deepEqual(errors, {})
  assert.deepEqual(value, { slug: 'acme', name: 'Acme', capabilities: { rateLimitTier: 'premium', ledKyc: true } })
})

test('patterns and lengths say what to write', () => {
  assert.match(wrong(organization['slug']!, 'Acme Corp')!, /^Lower-case letters/)
  assert.equal(wrong(organization['name']!, 'x'.repeat(201)), 'At most 200 characters; this has 201.')
  assert.equal(wrong(organization['name']!, '🙂'.repeat(200)), undefined)
  assert.match(wrong(forms['partners.register'].params['partner']!, '5F0C6A0E')!, /UUID in lower case/)
})

test('numbers, lengths of time and instants are read in their units', () => {
  const lifetime = client['accessTokenLifetime']!
  assert.equal(controlOf(lifetime), 'seconds')
  assert.equal(read(lifetime, '5m'), 300)
  assert.equal(wrong(lifetime, '2d'), 'At most 1 day.')
  assert.equal(wrong(lifetime, '0m'), 'At least 1 second.')
  const window = forms['rotation.start'].body!['window']!
  assert.deepEqual([wrong(window, '0d'), wrong(window, '99999d')], ['At least 1 minute.', 'At most 90 days.'])
  assert.equal(wrong(lifetime, 'xm'), 'Write a whole number.')
  const ends = forms['clients.create'].body!['secretExpiresAt']!
  assert.equal(read(ends, '2027-01-31T12:00Z'), '2027-01-31T12:00:00.000Z')
  assert.equal(wrong(ends, 'tomorrow'), 'Write a day and a time.')
})

test('a list has one value a line, and each is checked', () => {
  const permissions = forms['requestors.update'].body!['permissions']!
  assert.deepEqual(read(permissions, 'payments:create\n\n payments:read \n'), ['payments:create', 'payments:read'])
  assert.ok(wrong(permissions, 'payments create'))
  assert.deepEqual(read(permissions, '', ['payments:create']), [])
})

test('records of texts are lines with commas, as spreadsheets save them', () => {
  const authorize = forms['partners.change'].body!['authorize']!
  const [one, two] = ['5f0c6a0e-8f55-4b6e-9a43-6a1f5d1f7c11', '0b9c1f5e-6f2c-4d0e-9f57-0c5b8a4e1d33']
  const expected = [{ id: one, name: 'Alder, Retail "A"' }, { id: two }]
  assert.deepEqual(read(authorize, `${one},"Alder, Retail ""A"""\n${two}\n`), expected)
  assert.deepEqual(read(authorize, `${one}, Alder`), [{ id: one, name: 'Alder' }])
  assert.match(wrong(authorize, 'Alder Retail')!, /UUID/)
})

test('what is shown in a field is read as it was', () => {
  const authorize = forms['partners.change'].body!['authorize']!
  const name = fc.stringMatching(/^[ -~\u00a0-\u2027\u202a-\ud7ff]{1,40}$/).filter((text) => text.trim() === text)
  fc.assert(
    fc.property(
      fc.array(fc.record({ id: fc.uuid(), name }, { requiredKeys: ['id'], noNullPrototype: true }), { minLength: 1, maxLength: 4 }),
      (partners) => {
        assert.deepEqual(read(authorize, typedOf(authorize, partners)), partners)
      },
    ),
  )
  const lifetime = client['accessTokenLifetime']!
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 86_400 }), (seconds) => assert.equal(read(lifetime, typedOf(lifetime, seconds)), seconds)),
  )
})

test('any value is JSON, or else the text itself', () => {
  const { value } = forms['capabilities.set'].body!
  assert.equal(read(value!, 'true'), true)
  assert.equal(read(value!, 'premium'), 'premium')
})

test('an edit sends only what was changed, and null for what was emptied', () => {
  const shown = { name: 'Order backend', scopes: ['profile'], claimSet: 'partners', accessTokenLifetime: null, enabled: true }
  const draft = beginDraft(client, shown)
  const options = { initial: shown, onlyChanged: true }
  assert.deepEqual(readFields(client, draft, options), { value: {}, errors: {} })
  const changed = { ...draft, '/name': 'Orders', '/claimSet': '', '/scopes': 'profile\norders:read' }
  assert.deepEqual(readFields(client, changed, options).value, { name: 'Orders', claimSet: null, scopes: ['profile', 'orders:read'] })
  assert.equal(readFields(client, { ...draft, '/name': '' }, options).errors['/name'], 'This cannot be empty.')
})

test('a pair that is taken out becomes null where the server merges', () => {
  const capabilities = forms['organizations.update'].body!['capabilities']!
  assert.deepEqual(read(capabilities, 'tier=premium', { tier: 'standard', ledKyc: true }), { tier: 'premium', ledKyc: null })
})

test('a record is filled in member by member, and left out while all of it is empty', () => {
  const { grant } = forms['clients.update'].body!
  const fields: Fields = { grant: grant! }
  const draft = beginDraft(fields)
  assert.deepEqual(readFields(fields, draft).value, {})
  for (const before of [null, { audiences: [], roles: { realm: [], clients: {} }, claims: {} }, { audiences: ['stock-api'] }]) {
    const initial = { grant: before }
    assert.deepEqual(readFields(fields, beginDraft(fields, initial), { initial, onlyChanged: true }).value, {})
  }
  const { value } = readFields(fields, { ...draft, '/grant/roles/realm': 'partner', '/grant/claims': 'tenant=acme' })
  assert.deepEqual(value, { grant: { roles: { realm: ['partner'] }, claims: { tenant: 'acme' } } })
})

test('every field of every operation has a control, and its empty draft is read without a fault', () => {
  for (const [name, { params, query = {}, body = {} }] of Object.entries(forms))
    for (const fields of [params, query, body]) {
      const { errors } = readFields(fields, beginDraft(fields))
      const pointers = new Set(leavesOf(fields).map(({ pointer }) => pointer))
      for (const pointer of Object.keys(errors)) assert.ok(pointers.has(pointer), `${name} ${pointer}`)
    }
})

test('values are the same by what they say', () => {
  assert.ok(isSame({ a: [1, { b: null }] }, { a: [1, { b: null }] }))
  assert.ok(!isSame([], {}))
  assert.ok(!isSame({ a: 1 }, { b: 1 }))
  assert.ok(!isSame(null, {}))
})
