import assert from 'node:assert/strict'
import { test } from 'node:test'
import { faultOf, parse, proxied, testNoRealmAt } from './page-settings.fixture.ts'

test('the portal is off by default, and has the usual times', () => {
  assert.deepEqual(parse('').portal, { enabled: false, session: { idle: 1800, longest: 36_000, sensitive: 900 } })
  assert.equal(parse('portal: { enabled: true }').portal.enabled, true)
  assert.equal(parse(`${proxied}\nportal: { enabled: true }`).portal.publicUrl, undefined)
  assert.equal(
    parse(`${proxied}\nportal: { enabled: true, publicUrl: "https://partners.example" }`).portal.publicUrl,
    'https://partners.example',
  )
})

for (const [what, settings, expected] of [
  [
    'http at another host',
    `${proxied}\nportal: { enabled: true, publicUrl: "http://partners.example" }`,
    /portal\.publicUrl: expected an https URL/,
  ],
  [
    'https without TLS',
    'portal: { enabled: true, publicUrl: "https://partners.example" }',
    /portal\.publicUrl: expected an http URL, because TLS/,
  ],
  [
    'a path in its URL',
    `${proxied}\nportal: { enabled: true, publicUrl: "https://partners.example/x" }`,
    /portal\.publicUrl: expected an http or https URL without/,
  ],
  [
    'idle longer than longest',
    'portal: { enabled: true, session: { idle: 2h, longest: 1h } }',
    /portal\.session\.idle: expected .* not longer/,
  ],
  ['another setting', 'portal: { mayCreateClients: true }', /portal\.mayCreateClients: expected no such setting/],
] as const) {
  test(`abuse 156: a portal with ${what} is refused`, () => {
    assert.match(faultOf(settings), expected)
  })
}

testNoRealmAt('portal')
