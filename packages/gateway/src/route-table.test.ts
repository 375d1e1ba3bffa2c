import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createRouteTable, findHiddenMethods, findRouteFaults, type Route, type RouteMethod } from './route-table.ts'
import { parseTemplate } from './route-template.ts'

function aRoute(path: string, methods: readonly RouteMethod[] = ['GET']): Route {
  return { template: parseTemplate(path), methods, requires: {} }
}

function aPublicRoute(path: string, methods: readonly RouteMethod[] = ['GET']): Route {
  return { ...aRoute(path, methods), requires: undefined }
}

const table = createRouteTable([
  aRoute('/v1/**'),
  aRoute('/v1/{kind}/items'),
  aRoute('/v1/partners/{sellerId}/**', ['GET', 'POST']),
  aRoute('/v1/partners/{sellerId}/kyc', ['POST']),
  aPublicRoute('/v1/partners/{sellerId}/kyc', ['GET']),
  aRoute('/'),
])

const found: [target: string, method: string, path: string | undefined][] = [
  ['/', 'GET', '/'],
  ['/', 'HEAD', '/'],
  ['/v1', 'GET', undefined],
  ['/v1/', 'GET', '/v1/**'],
  ['/v1/a/b/c', 'GET', '/v1/**'],
  ['/v1/orders/items', 'GET', '/v1/{kind}/items'],
  ['/v1//items', 'GET', '/v1/**'],
  ['/v1/partners/7/orders', 'POST', '/v1/partners/{sellerId}/**'],
  ['/v1/partners/7/kyc', 'POST', '/v1/partners/{sellerId}/kyc'],
  ['/v1/partners/7/kyc', 'GET', '/v1/partners/{sellerId}/kyc'],
  ['/v1/partners/7/kyc', 'DELETE', undefined],
  ['/v1/partners/7', 'GET', '/v1/**'],
  ['/V1/partners/7/kyc', 'POST', undefined],
  ['/v1/orders', 'get', undefined],
  ['/v1/orders', 'OPTIONS', undefined],
  ['/v1/orders', 'TRACE', undefined],
  ['/v1/orders', '__proto__', undefined],
]
for (const [target, method, path] of found) {
  test(`${method} ${target} is decided by ${path ?? 'nothing'}`, () => {
    assert.equal(table.find(method, target.slice(1).split('/'))?.route.template.text, path)
  })
}

const narrow = createRouteTable([
  aRoute('/v1/{kind}'),
  aRoute('/v1/admin'),
  aRoute('/v1/**', ['GET', 'POST']),
  aRoute('/v1/Reports/{id}'),
  aRoute('/v1/reports/{id}/lines/'),
  aRoute('/v1/files/{name}'),
  aRoute('/v1/files/list.json'),
  aRoute('/v1/inner/**'),
  aRoute('/v1/partners/{id}/**'),
  aRoute('/v1/orders'),
  aRoute('/v1/orders/**'),
])
const lookalikes: Record<string, boolean> = {
  '/v1/admin': false,
  '/v1/other': false,
  '/v1/ADMIN': true,
  '/v1/aDmin': true,
  '/v1/admin.': true,
  '/v1/admin ': true,
  '/v1/admin.json': true,
  '/v1/admin.tar.gz': true,
  '/v1/\u212aind': false, // The sign of Kelvin is a "k" for some, and no route is called so.
  '/v1/\uff41dmin': true,
  '/v1/adm\u0131n': true, // Python and Java take these two for an "i" where case is ignored.
  '/v1/ADM\u0130N': true,
  '/v1/ admin': true,
  '/v1/admin/': true,
  '/v1/other/': true, // A server may take it for "/v1/{kind}".
  '/v1/other/x': false,
  '/v1/Reports/7': false,
  '/v1/Reports/7/': true,
  '/v1/reports/7/lines/': false,
  '/v1/reports/7/lines': true,
  '/v1/REPORTS/7/lines/': true,
  '/v1/files/list.json': false,
  '/v1/files/list.json.xml': true,
  '/v1/files/list.xml': false,
  '/v1/files/LIST.json': true,
  '/v1/files/a.txt': false,
  '/v1/ad\u200bmin': true, // HFS+ and some databases leave out what is not seen.
  '/v1/admin\u00ad': true,
  '/v1/inner': true, // A server may take it for "/v1/inner/", which is one of "/v1/inner/**".
  '/v1/INNER': true,
  '/v1/inner/': true,
  '/v1/inner/x': false,
  '/v1/partners/7': true,
  '/v1/partners/7/': true, // The other way round: a server may take it for "/v1/**".
  '/v1/partners': false,
  '/v1/orders': false,
  '/v1/orders/7': false,
}
for (const [target, isLookalike] of Object.entries(lookalikes)) {
  test(`abuse 264: "${target}" ${isLookalike ? 'may be taken for' : 'looks like no'} path of a narrower route`, () => {
    assert.equal(narrow.find('GET', target.slice(1).split('/'))?.isLookalike, isLookalike)
  })
}

test('parameters are those of the template, and nothing is inherited', () => {
  const { params } = table.find('POST', ['v1', 'partners', 'constructor', 'kyc'])!
  assert.deepEqual({ ...params }, { sellerId: 'constructor' })
  assert.equal(params['toString'], undefined)
})

const faults: [what: string, routes: Route[], expected: RegExp][] = [
  ['the same path and method twice', [aRoute('/a'), aRoute('/a')], /another path or other methods: routes\.0 \("\/a"\) has GET/],
  ['the same with parameters of other names', [aRoute('/{a}'), aRoute('/{b}')], /another path or other methods/],
  ['paths of which neither is more exact', [aRoute('/{a}/b'), aRoute('/a/{b}')], /either apart from that of routes\.0/],
  [
    'two spellings of one path that require something else',
    [aRoute('/a/orders'), { ...aRoute('/A/orders/'), requires: { scope: 'a' } }],
    /the same requirement as routes\.0 .*: many servers do not tell the two paths apart/,
  ],
  ['two spellings of which one is public', [aRoute('/a'), aPublicRoute('/a/')], /the same requirement as routes\.0/],
  ['a guarded route in a public one', [aPublicRoute('/a/**'), aRoute('/a/b')], /a guarded route that is in no public one/],
  ['a public route around a guarded one', [aRoute('/a/b'), aPublicRoute('/a/**')], /a public route that contains no guarded one/],
  ['the same for other methods', [aPublicRoute('/a/**'), aRoute('/a/b', ['POST'])], /a guarded route that is in no public one/],
]
for (const [what, routes, expected] of faults) {
  test(`a table with ${what} is refused`, () => {
    const [fault, ...more] = findRouteFaults(routes)
    assert.deepEqual(more, [])
    assert.equal(fault?.at, 1)
    assert.match(fault?.expected ?? '', expected)
  })
}

test('two spellings of one path are allowed with the same requirement, or for different methods', () => {
  assert.deepEqual(findRouteFaults([aRoute('/a'), aRoute('/a/'), aRoute('/A', ['POST']), aPublicRoute('/A.', ['DELETE'])]), [])
})

test('a public route in a guarded one, and one path with methods of its own, are allowed', () => {
  const routes = [aRoute('/a/**'), aPublicRoute('/a/docs'), aRoute('/b'), aPublicRoute('/b', ['POST'])]
  assert.deepEqual(findRouteFaults(routes), [])
})

test('methods that a more exact path hides are named', () => {
  const routes = [aRoute('/a/**', ['GET', 'DELETE']), aRoute('/a/b', ['POST']), aRoute('/a/b', ['GET'])]
  assert.deepEqual(findHiddenMethods(routes), ['DELETE /a/b is denied, although "/a/**" has it'])
})

test('so is a path whose slash at the end would be that of a more exact route', () => {
  const routes = [aRoute('/a/**', ['GET', 'POST']), aRoute('/a/b/**', ['GET', 'POST']), aRoute('/a/c/**', ['GET', 'POST']), aRoute('/a/c')]
  assert.deepEqual(findHiddenMethods(routes), [
    'POST /a/c is denied, although "/a/**" has it',
    'GET, POST /a/b is denied, although "/a/**" has it',
  ])
})
