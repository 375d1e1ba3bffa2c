import assert from 'node:assert/strict'
import { test } from 'node:test'
import { forms } from '@countersign/admin/forms'
import { hintOf } from './field-hints.ts'

test('a hint that says what the name of the field says already is left out', () => {
  const { params, body } = forms['partners.register']
  assert.equal(hintOf(params['partner']!), '')
  assert.equal(hintOf(body!['name']!), '')
  for (const member of ['client', 'note'] as const) assert.equal(hintOf(forms['accessRequests.create'].body![member]!), '')
})

test('a hint has the words of the page: no unit that the field chooses, and no slug', () => {
  assert.equal(hintOf(forms['rotation.extend'].body!['window']!), 'Remaining length of the window, counted from now.')
  assert.equal(hintOf(forms['partners.authorize'].params['organization']!), 'Short name or id of an organization.')
})

test('a choice of roles says what each may do', () => {
  const { role } = forms['invitations.create'].body!
  for (const word of role!.choices!) assert.match(hintOf(role!), new RegExp(`"${word}"`))
})
