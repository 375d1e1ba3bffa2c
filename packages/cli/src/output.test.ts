import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { AdminRequestError } from '@countersign/admin'
import { TokenRequestError } from '@countersign/client'
import { exitReasonOf } from './exit-reason.ts'
import { CommandError, describeFailure, formatFacts, formatTable, printResult, reportFailure } from './output.ts'

test('a table has columns as wide as their widest cell', () => {
  assert.equal(
    formatTable(
      ['SLUG', 'NAME'],
      [
        ['acme', 'Acme'],
        ['globex-eu', 'Globex'],
      ],
    ),
    'SLUG       NAME\nacme       Acme\nglobex-eu  Globex',
  )
})

const refusals = [
  [
    '2026-11-29T04:20:26.289Z',
    'insufficient-scope',
    'api-client-acme',
    'orders',
    'GET /v1/partners/{sellerId}/orders',
    'orders:read is not among profile',
    '01a22588682d-4a69d230-00000001',
  ],
  ['2026-11-29T04:20:27.001Z', 'missing-token', '', 'me', 'GET /v1/me', '', '01a22588682d-4a69d230-00000002'],
]
const headings = ['TIME', 'CODE', 'CLIENT', 'API', 'ROUTE', 'SAW', 'REQUEST']
const shorten = ['SAW', 'ROUTE', 'API']

test('a table is fitted to the terminal: long values are cut, the least important first, ids and times never', () => {
  assert.equal(formatTable(headings, refusals, { shorten }), formatTable(headings, refusals), 'a pipe has all of it')
  for (const width of [100, 120, 140, 160]) {
    const lines = formatTable(headings, refusals, { shorten, width }).split('\n')
    assert.ok(
      lines.every((line) => line.length <= width),
      lines.join('\n'),
    )
    for (const whole of ['2026-11-29T04:20:26Z', 'insufficient-scope', 'api-client-acme', '01a22588682d-4a69d230-00000001'])
      assert.ok(lines[1]!.includes(whole), lines[1]!)
  }
  assert.match(formatTable(headings, refusals, { shorten, width: 140 }), /GET \/v1\/\S*…  orders:…  01a2/)
})

test('a column that has no room is left out and named, and a table that fits no terminal stays whole', () => {
  const narrow = formatTable(headings, refusals, { shorten, width: 100 })
  assert.match(narrow, /^TIME +CODE +CLIENT +API +REQUEST\n[^]+\n\nNo room for SAW, ROUTE in 100 columns; /)
  assert.match(formatTable(headings, refusals, { shorten, width: 40 }), /^TIME +CODE +CLIENT +API +ROUTE +SAW +REQUEST\n/)
  assert.equal(
    formatTable(['SLUG', 'LOST', 'NAME'], [['acme', '', 'Acme of Example']], { shorten: ['LOST'], width: 22 }),
    'SLUG  NAME\nacme  Acme of Example',
  )
})

test('fault 7.13: no character of a stored name is invisible or changes the direction of the output', (t) => {
  const row = ['acme', 'Ac\u202Eme\u200B', 'active']
  assert.equal(formatTable(['SLUG', 'NAME', 'STATUS'], [row]).split('\n')[1], 'acme  Ac\\u{202e}me\\u{200b}  active')
  const lines: string[] = []
  t.mock.method(console, 'log', (line: string) => lines.push(line))
  printResult(false, row, ([, name]) => `organization  ${name}`)
  printResult(true, row, String)
  assert.deepEqual([lines[0], JSON.parse(lines[1]!)], ['organization  Ac\\u{202e}me\\u{200b}', row])
  t.mock.method(console, 'error', (line: string) => lines.push(line))
  reportFailure(new CommandError('There is no "Ac\u202Eme".', { next: '' }), false)
  assert.equal(lines[2], 'Error: There is no "Ac\\u{202e}me".')
})

test('facts are printed below each other', () => {
  assert.equal(
    formatFacts([
      ['id', '7'],
      ['status', 'active'],
    ]),
    'id      7\nstatus  active',
  )
})

const unreachable = {
  'a token request': new TokenRequestError({ code: 'network', summary: 'It could not be reached (ECONNREFUSED).' }),
  fetch: new TypeError('fetch failed', { cause: Object.assign(new Error('connect'), { code: 'ECONNREFUSED', syscall: 'connect' }) }),
}
for (const [who, error] of Object.entries(unreachable)) {
  test(`for a server that ${who} cannot reach, the message says to start it`, () => {
    const { code, next } = describeFailure(error)
    assert.equal(code, 'unreachable')
    assert.match(next, /^Start the server \("npm start" for the demo, or "countersign serve"\)/)
  })
}

test('a failed token request is shown in the words of the server, with the problem page', () => {
  const error = new TokenRequestError({
    code: 'invalid_client',
    summary: 'Refused.',
    description: 'Check the secret.',
    errorUri: 'http://localhost:8080/problems/invalid-client',
  })
  assert.deepEqual(describeFailure(error), {
    code: 'invalid_client',
    message: 'invalid_client: Check the secret.',
    errors: [],
    next: 'See http://localhost:8080/problems/invalid-client',
  })
})

test('a response that another version of the server sends is no defect, and the message says what to use', () => {
  const error = Object.assign(new Error('[]'), { name: 'ZodError' })
  assert.deepEqual([describeFailure(error).code, exitReasonOf(error)], ['unexpected-response', 'other'])
  assert.match(describeFailure(error).next, /^Use the command of the version of the server\./)
})

test('while the server answers 503, the next step is its readiness, for requests and for tokens', () => {
  const remedy = 'Keep the token.'
  const request = describeFailure(
    new AdminRequestError(503, { type: 'https://a.example/problems/temporarily-unavailable', remedy }, 'id-1'),
  )
  assert.equal(request.next, 'Ask /readyz of the operations listener of the server why. Then run the command again.')
  assert.equal(request.requestId, 'id-1')
  const errorUri = 'http://localhost:8080/problems/token-service-unavailable'
  const token = new TokenRequestError({ code: 'temporarily_unavailable', summary: 'Refused.', description: 'Later.', errorUri })
  assert.equal(describeFailure(token).next, `See ${errorUri}. If you operate the server, ask /readyz of its operations listener why.`)
})

test('a failed admin request keeps its code, its invalid fields and its remedy', () => {
  const error = new AdminRequestError(409, {
    type: 'http://localhost:8080/problems/conflict',
    detail: 'There is an "acme" already.',
    remedy: 'Choose another slug.',
    errors: [{ pointer: '/slug', detail: 'Taken' }],
  })
  assert.deepEqual(describeFailure(error), {
    code: 'conflict',
    message: 'There is an "acme" already.',
    errors: ['/slug: Taken'],
    next: 'Choose another slug.',
  })
})

test('an error with a request id is shown with it', () => {
  assert.equal(describeFailure(new AdminRequestError(409, {}, 'r-1')).requestId, 'r-1')
  assert.equal(describeFailure(new TokenRequestError({ code: 'invalid_client', summary: 'Refused.', requestId: 'r-2' })).requestId, 'r-2')
})

test('a port in use is named', async () => {
  const [first, second] = [createServer(), createServer()]
  await new Promise<void>((resolve) => first.listen({ host: '127.0.0.1', port: 0 }, resolve))
  const { port } = first.address() as { port: number }
  const error = await new Promise((resolve) => second.once('error', resolve).listen({ host: '127.0.0.1', port }))
  first.close()
  const { code, message, next } = describeFailure(error)
  assert.equal(code, 'address-in-use')
  assert.equal(message, `Another program already listens on 127.0.0.1:${port}.`)
  assert.match(next, /PORT=9000 npm start/)
})

test('a message for people is printed unchanged', () => {
  assert.deepEqual(describeFailure(new CommandError('No server.', { next: 'Name one.' })), {
    code: 'command',
    message: 'No server.',
    errors: [],
    next: 'Name one.',
  })
})

test('any other error is a defect and is printed with its stack', () => {
  const { code, message } = describeFailure(new RangeError('oops'))
  assert.equal(code, 'internal-error')
  assert.match(message, /RangeError: oops\n +at /)
})

test('fault 9.6: a command that a wrong clock stops says so, and that it is no defect', () => {
  for (const name of ['WrongClockError', 'ClockSteppedBackError']) {
    const error = Object.assign(new Error('the clock is an hour ahead'), { name })
    const { code, message, next } = describeFailure(error)
    assert.deepEqual([code, message, exitReasonOf(error)], ['clock', 'the clock is an hour ahead', 'other'])
    assert.equal(next, 'Correct the clock, then run the command again.')
  }
})
