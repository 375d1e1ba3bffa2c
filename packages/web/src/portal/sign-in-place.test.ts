import assert from 'node:assert/strict'
import { test } from 'node:test'
import { placeOf } from './sign-in-place.ts'

test('the address of the sign-in names an organization, or none', () => {
  assert.deepEqual(placeOf('/portal/sign-in/nt24-idp/acme'), ['nt24-idp', 'acme'])
  assert.deepEqual(placeOf('/portal/sign-in/nt24-idp/acme/'), ['nt24-idp', 'acme'])
  for (const path of ['/portal/sign-in', '/portal/sign-in/acme', '/portal/sign-in/a/b/c', '/portal/sign-in/A/b', '/portal/sign-in/a/%2e'])
    assert.equal(placeOf(path), undefined, path)
})
