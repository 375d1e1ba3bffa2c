import assert from 'node:assert/strict'
import { test } from 'node:test'
import { forms } from '@countersign/admin/forms'
import { beginForm, planForm, readForm } from './form-plan.ts'

const namesOf = (shown: readonly { readonly name: string }[]) => shown.map(({ name }) => name)

test('a form shows what is required, the reason last, and the rest behind a fold', () => {
  const plan = planForm(forms['clients.create'], { params: { realm: 'r' } })
  assert.deepEqual(namesOf(plan.main), ['organization', 'name', 'reason'])
  assert.ok(namesOf(plan.more).includes('scopes'))
})

test('the page says which fields are shown and which are decided', () => {
  const plan = planForm(forms['clients.create'], { params: { realm: 'r' }, fixed: { organization: 'acme' }, fields: ['name', 'scopes'] })
  assert.deepEqual(namesOf(plan.main), ['name', 'scopes', 'reason'])
  assert.ok(![...plan.main, ...plan.more].some(({ name }) => name === 'organization' || name === 'realm'))
})

test('what is behind the fold is shown at once only where it is all that there is, and the page chose nothing', () => {
  const params = { realm: 'r', client: 'c' }
  assert.equal(planForm(forms['secrets.revoke'], { params: { ...params, secret: 's' } }).isAllMore, true)
  assert.equal(planForm(forms['clients.create'], { params }).isAllMore, false)
  // To disable a client, for example: its name and what its tokens say are no part of that.
  const plan = planForm(forms['clients.update'], { params, fixed: { enabled: false }, fields: ['reason'] })
  assert.deepEqual(namesOf(plan.main), ['reason'])
  assert.ok(plan.more.length > 5)
  assert.equal(plan.isAllMore, false)
})

test('what the operation needs is asked for although the page does not name it', () => {
  const plan = planForm(forms['organizations.create'], { params: { realm: 'r' }, fields: ['name'] })
  assert.deepEqual(namesOf(plan.main), ['name', 'slug', 'reason'])
})

test('members of the path and of the query go where they belong', () => {
  const options = { params: { realm: 'r' }, isEdit: false, hasBody: true }
  const plan = planForm(forms['partners.delete'], options)
  const partner = '5f0c6a0e-8f55-4b6e-9a43-6a1f5d1f7c11'
  const draft = { ...beginForm(plan, undefined), '/params/partner': partner, '/query/force': 'true', '/reason': 'gone' }
  const { input, errors } = readForm(plan, draft, options)
  assert.deepEqual(errors, {})
  assert.deepEqual(input, { params: { realm: 'r', partner }, query: { force: true }, body: { reason: 'gone' } })
})

test('an edit with nothing but a reason changes nothing', () => {
  const options = { params: { realm: 'r', organization: 'acme' }, initial: { name: 'Acme' }, isEdit: true, hasBody: true }
  const plan = planForm(forms['organizations.update'], options)
  const draft = beginForm(plan, options.initial)
  assert.ok(readForm(plan, { ...draft, '/reason': 'because' }, options).isUnchanged)
  assert.ok(!readForm(plan, { ...draft, '/name': 'Acme International' }, options).isUnchanged)
  const suspended = { ...options, fixed: { status: 'suspended' } }
  assert.ok(!readForm(planForm(forms['organizations.update'], suspended), draft, suspended).isUnchanged)
})

test('what is forced needs a reason', () => {
  const options = { params: { realm: 'r', client: 'c' }, fixed: { force: true }, fields: [], isEdit: false, hasBody: true }
  const plan = planForm(forms['rotation.confirm'], options)
  const draft = beginForm(plan, undefined)
  assert.deepEqual(readForm(plan, draft, options).errors, { '/reason': 'This is needed.' })
  const { input, errors } = readForm(plan, { ...draft, '/reason': 'The old one leaked' }, options)
  assert.deepEqual(errors, {})
  assert.deepEqual(input.body, { force: true, reason: 'The old one leaked' })
  const unforced = { ...options, fixed: {} }
  assert.deepEqual(readForm(planForm(forms['rotation.confirm'], unforced), draft, unforced).errors, {})
})

test('what is behind the fold is shown at once only where there is nothing else to fill in', () => {
  const ofSecret = { params: { realm: 'r', client: 'c', secret: 's' } }
  assert.equal(planForm(forms['secrets.revoke'], { ...ofSecret, fields: ['reason'] }).isAllMore, false)
  assert.equal(planForm(forms['clients.create'], { params: { realm: 'r' } }).isAllMore, false)
  assert.equal(planForm(forms['requestors.create'], { params: { realm: 'r', organization: 'o' } }).isAllMore, true)
})

test('the page can say what a field means on it', () => {
  const { more } = planForm(forms['secrets.revoke'], { params: {}, fields: ['reason'], hints: { cutTokens: 'All of its tokens.' } })
  assert.equal(more.find(({ name }) => name === 'cutTokens')?.field.words, 'All of its tokens.')
})
