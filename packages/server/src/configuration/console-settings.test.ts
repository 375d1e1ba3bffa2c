import assert from 'node:assert/strict'
import { test } from 'node:test'
import { faultOf, parse, proxied, testNoRealmAt } from './page-settings.fixture.ts'

test('without the setting there is no console, and an empty one has the usual times', () => {
  assert.equal(parse('').console, undefined)
  assert.deepEqual(parse('console: {}').console, {
    signIn: { operatorSecret: true },
    session: { idle: 1800, longest: 36_000, sensitive: 900 },
  })
})

for (const [what, settings, expected] of [
  [
    'a server behind a proxy',
    `${proxied}\nconsole: {}`,
    /console\.publicUrl: expected the URL at which operators open the console.* found nothing/,
  ],
  [
    'a server with TLS',
    'tls: { certificate: c, key: k }\npublicUrl: https://auth.example\nconsole: {}',
    /console\.publicUrl: expected the URL at which operators/,
  ],
  ['http at another host', `${proxied}\nconsole: { publicUrl: "http://console.example" }`, /console\.publicUrl: expected an https URL/],
  ['https without TLS', 'console: { publicUrl: "https://console.example" }', /console\.publicUrl: expected an http URL, because TLS/],
  [
    'a path',
    `${proxied}\nconsole: { publicUrl: "https://console.example/x" }`,
    /console\.publicUrl: expected an http or https URL without a path/,
  ],
  ['no time at all', 'console: { session: { idle: 0s } }', /console\.session\.idle: expected a duration between 1m and 1d/],
  ['ten years', 'console: { session: { longest: 3650d } }', /console\.session\.longest: expected a duration between 5m and 7d/],
  [
    'an idle time beyond the longest',
    'console: { session: { idle: 2h, longest: 1h } }',
    /console\.session\.idle: expected .* not longer than "longest"/,
  ],
  ['another setting', 'console: { listen: "127.0.0.1:9" }', /console\.listen: expected no such setting/],
] as const) {
  test(`abuse 156: a console with ${what} is refused`, () => {
    assert.match(faultOf(settings), expected)
  })
}

test('a console behind a proxy has a URL of its own', () => {
  assert.equal(parse(`${proxied}\nconsole: { publicUrl: "https://console.example" }`).console?.publicUrl, 'https://console.example')
})

testNoRealmAt('console')
