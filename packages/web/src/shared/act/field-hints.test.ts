import assert from 'node:assert/strict'
import { test } from 'node:test'
import { forms } from '@countersign/admin/forms'
import { hintOf } from './field-hints.ts'

test('a hint that says what the name of the field says already is left out', () => {
  const { params, body } = forms['partners.register']
  assert.equal(hintOf(params['partner']!), '')
  assert.equal(hintOf(body!['name']!), '')
  assert.equal(hintOf(forms['accessRequests.create'].body!['client']!), '')
})

test('a hint has the words of the page: no unit that the field chooses, and no slug', () => {
  assert.equal(hintOf(forms['rotation.extend'].body!['window']!), 'Remaining length of the window, counted from now.')
  assert.equal(hintOf(forms['partners.authorize'].params['organization']!), 'Short name or id of an organization.')
})
