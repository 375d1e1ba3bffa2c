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

const linesOf = (width: number) => formatTable(headings, refusals, { shorten, width }).split('\n')

test('a table is fitted to the terminal: no line wraps, and every value is there, whole', () => {
  assert.equal(formatTable(headings, refusals, { shorten }), formatTable(headings, refusals), 'a pipe has all of it')
  for (const width of [60, 80, 100, 120, 140]) {
    const lines = linesOf(width)
    assert.ok(
      lines.every((line) => line.length <= width),
      lines.join('\n'),
    )
    for (const value of refusals.flat()) assert.ok(lines.join('\n').includes(value.replace(/\.\d+Z$/, 'Z')), value)
  }
})

test('ids go below their row first, then the columns that matter least; a column stays in its place for all rows', () => {
  assert.match(linesOf(155)[0]!, /^TIME +CODE +CLIENT +API +ROUTE +SAW$/)
  const lines = linesOf(120)
  assert.match(lines[0]!, /^TIME +CODE +CLIENT +API +ROUTE$/)
  assert.equal(lines[2], '  saw: orders:read is not among profile  request: 01a22588682d-4a69d230-00000001')
  assert.equal(lines[4], '  request: 01a22588682d-4a69d230-00000002')
  assert.equal(lines.at(-1), 'A wider terminal and a pipe have each row on one line.')
  assert.match(linesOf(10)[0]!, /^TIME$/, 'the first column stays')
})

test('what is the same in every row is said once, what is empty in every row not at all, and a table that fits keeps both', () => {
  const rows = [
    ['acme', 'success', '', 'Acme of Example'],
    ['globex', 'success', '', 'Globex of Example'],
  ]
  const of = (width: number) => formatTable(['SLUG', 'OUTCOME', 'LOST', 'NAME'], rows, { width, hasWide: true })
  assert.match(of(80), /^SLUG +OUTCOME +LOST +NAME\n/)
  assert.equal(of(30), 'SLUG    NAME\nacme    Acme of Example\nglobex  Globex of Example\n\nThe same in every row:\n  outcome: success')
})

test('a value that is cut in its row is whole below it, and the note names the option that prints it', () => {
  const rows = [['acme', 'a reason of a few words, long enough for two lines']]
  const of = (width: number) => formatTable(['SLUG', 'WHY'], rows, { width, most: { WHY: 10 }, hasWide: true })
  assert.equal(of(60), 'SLUG  WHY\nacme  a reason …\n\n--wide prints whole values.')
  assert.equal(
    of(14).split('\n\n')[0],
    ['SLUG', 'acme', '  why: a', '  reason of a', '  few words,', '  long enough', '  for two', '  lines'].join('\n'),
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
