import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { normalizePath } from './normalized-path.ts'
import { createRouteTable, type Route } from './route-table.ts'
import { parseTemplate, relate, RouteTemplateError, type Relation } from './route-template.ts'

const malformed: Record<string, RegExp> = {
  '': /begins with/,
  v1: /begins with/,
  '/v1//orders': /no empty segment/,
  '/v1/:sellerId': /"\{sellerId\}" in place of ":sellerId"/,
  '/v1/{seller-id}': /a parameter that is a whole segment/,
  '/v1/{__proto__}': /a parameter that is a whole segment/,
  '/v1/{a}.json': /a parameter that is a whole segment/,
  '/v1/{': /a parameter that is a whole segment/,
  '/v1/*': /"\*" only in/,
  '/v1/**/orders': /"\*" only in/,
  '/v1/a**': /"\*" only in/,
  '/v1/{a}/{a}': /each parameter once/,
  '/v1/../orders': /no segment/,
  '/v1/a%20b': /only letters, digits/,
  '/v1/orders?x=1': /only letters, digits/,
  '/v1/orders;x': /only letters, digits/,
  '/v1/grün': /only letters, digits/,
  [`/${'a'.repeat(300)}`]: /at most 256/,
}
for (const [text, message] of Object.entries(malformed)) {
  test(`the template "${text.slice(0, 40)}" is refused`, () => {
    assert.throws(() => parseTemplate(text), (error) => error instanceof RouteTemplateError && message.test(error.message)) // prettier-ignore
  })
}

const relations: [string, string, Relation][] = [
  ['/v1/orders', '/v1/orders', 'same'],
  ['/v1/{a}', '/v1/{b}', 'same'],
  ['/v1/**', '/v1/**', 'same'],
  ['/v1/orders', '/v1/Orders', 'apart'],
  ['/v1/orders', '/v1/orders/', 'apart'],
  ['/v1/orders/', '/v1/orders/{id}', 'apart'],
  ['/v1', '/v1/**', 'apart'],
  ['/v1/{a}', '/v1/{a}/**', 'apart'],
  ['/v1/orders', '/v1/{a}', 'inside'],
  ['/v1/orders/', '/v1/orders/**', 'inside'],
  ['/v1/a/b/c', '/v1/**', 'inside'],
  ['/v1/a/**', '/v1/**', 'inside'],
  ['/v1/a/{b}', '/v1/{a}/**', 'inside'],
  ['/{a}/b', '/a/{b}', 'crossing'],
  ['/{a}/b', '/a/**', 'crossing'],
]
for (const [a, b, relation] of relations) {
  test(`"${a}" and "${b}": ${relation}`, () => {
    const [one, other] = [parseTemplate(a), parseTemplate(b)]
    assert.equal(relate(one, other), relation)
    const opposite = { inside: 'around', around: 'inside' } as const
    assert.equal(relate(other, one), relation in opposite ? opposite[relation as 'inside'] : relation)
  })
}

const segment = fc.constantFrom('a', 'b', '{x}', '{y}')
const template = fc
  .tuple(fc.uniqueArray(segment, { maxLength: 4 }), fc.boolean())
  .map(([segments, isOpen]) => parseTemplate(`/${segments.join('/')}${isOpen ? `${segments.length > 0 ? '/' : ''}**` : ''}`))
const path = fc.array(fc.constantFrom('a', 'b', 'c', ''), { minLength: 1, maxLength: 5 }).map((segments) => `/${segments.join('/')}`)

function matches(text: string, at: string): boolean {
  const normalized = normalizePath(at)
  if (normalized.isAmbiguous) return false
  const route: Route = { template: parseTemplate(text), methods: ['GET'], requires: {} }
  return createRouteTable([route]).find('GET', normalized.segments) !== undefined
}

test('two templates are apart, inside or around each other exactly as the paths say that match them', () => {
  fc.assert(
    fc.property(template, template, path, (a, b, at) => {
      const [ofA, ofB] = [matches(a.text, at), matches(b.text, at)]
      const relation = relate(a, b)
      if (relation === 'apart') assert.ok(!(ofA && ofB))
      if (relation === 'same') assert.equal(ofA, ofB)
      if (relation === 'inside') assert.ok(!ofA || ofB)
      if (relation === 'around') assert.ok(!ofB || ofA)
    }),
    { numRuns: 500 },
  )
})
