import assert from 'node:assert/strict'
import { suite, test } from 'node:test'
import * as fc from 'fast-check'
import { OAuthError } from '../errors.ts'
import { shareTestServer, tokenRequest } from '../../test/test-server.fixture.ts'
import { parseForm } from './form.ts'

const formType = 'application/x-www-form-urlencoded'
const parse = (body: string | Buffer, contentType: string | undefined = formType) => parseForm(Buffer.from(body), contentType, false)
const part = (name: string, value: string) => `name="${name}"\r\n\r\n${value}`

function multipart(parts: readonly string[]) {
  const body = `${parts.map((part) => `--x\r\nContent-Disposition: form-data; ${part}\r\n`).join('')}--x--\r\n`
  return parseForm(Buffer.from(body), 'multipart/form-data; boundary=x', true)
}

const anOAuthError = (code: string) => (error: unknown) => error instanceof OAuthError && error.code === code
const malformed = anOAuthError('malformed-token-request')

test('known parameters are form-decoded', async () => {
  assert.deepEqual(await parse('grant_type=client_credentials&scope=a+b%20c&client_id=%C3%A4'), {
    grant_type: 'client_credentials',
    scope: 'a b c',
    client_id: 'ä',
  })
})

test('parsing a formatted form returns its parameters', async () => {
  const units = fc.uint16Array({ minLength: 1 }).map((values) => String.fromCharCode(...values).toWellFormed())
  const value = fc.oneof(fc.string({ minLength: 1 }), units)
  await fc.assert(
    fc.asyncProperty(fc.record({ client_id: value, client_secret: value, scope: value }, { noNullPrototype: true }), async (form) =>
      assert.deepEqual(await parse(new URLSearchParams(form).toString()), form),
    ),
  )
})

test('arbitrary bytes of an arbitrary type are parsed or rejected with an OAuthError', async () => {
  const piece = fc.constantFrom(
    'client_id',
    'scope',
    '=',
    '&',
    '+',
    '%',
    '%zz',
    '%c3',
    '--x',
    '\r\n',
    'Content-Disposition: form-data; name="scope"',
  )
  const body = fc.oneof(
    fc.uint8Array().map(Buffer.from),
    fc.array(piece).map((pieces) => Buffer.from(pieces.join(''))),
  )
  const type = fc.oneof(fc.constantFrom(formType, 'multipart/form-data; boundary=x', 'repeated', undefined), fc.string())
  await fc.assert(
    fc.asyncProperty(body, type, async (bytes, contentType) => {
      await parseForm(bytes, contentType, true).catch((error) => assert.ok(error instanceof OAuthError, String(error)))
    }),
  )
})

test('a parameter without a value, or with an empty one, is absent', async () => {
  assert.deepEqual(await parse('scope=&client_id&&grant_type=a'), { grant_type: 'a' })
})

test('abuse 004: a multipart body, as the curl sample of seed 003 sends it, is parsed', async () => {
  assert.deepEqual(await multipart(['name="grant_type"\r\n\r\nclient_credentials']), { grant_type: 'client_credentials' })
})

for (const [what, parts] of Object.entries({
  'a repeated parameter': ['name="scope"\r\n\r\na', 'name="scope"\r\n\r\na'],
  'a file': ['name="scope"; filename="a"\r\n\r\na'],
  'a file under an unknown name': ['name="a"; filename="a"\r\n\r\na'],
})) {
  test(`abuse 004: ${what} in a multipart body is rejected`, async () => {
    await assert.rejects(multipart(parts), malformed)
  })
}

test('abuse 004: in other realms a multipart body is rejected with the expected media type', async () => {
  await assert.rejects(
    parse('', 'multipart/form-data; boundary=x'),
    (error: OAuthError) => malformed(error) && error.details.description!.includes(`Expected the Content-Type ${formType}.`),
  )
})

for (const type of [
  `${formType};charset=utf-8`,
  'Application/X-WWW-Form-URLEncoded',
  `${formType}\t; charset="UTF-8"`,
  `${formType};`,
  `${formType}; a=b`,
]) {
  test(`abuse 005: the Content-Type ${JSON.stringify(type)} is a form`, async () => {
    assert.deepEqual(await parse('scope=a', type), { scope: 'a' })
  })
}

for (const type of [
  undefined,
  '',
  'text/plain',
  'application/json',
  `${formType}, ${formType}`,
  'application/x-www-form-urlencodedx',
  'repeated',
]) {
  test(`abuse 005: the Content-Type ${JSON.stringify(type)} is not a form`, async () => {
    await assert.rejects(parseForm(Buffer.from('scope=a'), type, false), malformed)
  })
}

for (const charset of [
  'utf-16',
  'UTF-16LE',
  'utf-7',
  'utf-32',
  'ibm037',
  'nonsense',
  '',
  '""',
  'utf-8; charset=utf-16',
  '"utf-16"; a="b;c"',
]) {
  test(`abuse 006: the charset ${charset} is rejected`, async () => {
    await assert.rejects(parse('scope=a', `${formType}; charset=${charset}`), malformed)
  })
}

const supersets = [
  'ISO-8859-1',
  'us-ascii',
  '"windows-1252"',
  'cp850',
  'ISO8859_1',
  'Shift_JIS',
  'utf-8; charset=latin1',
  'GB18030; a="b;c"',
  '"lat\\in1"',
]
for (const charset of supersets) {
  test(`fault 7.1: an ASCII form with the charset ${charset} is read, escapes in UTF-8 included`, async () => {
    assert.deepEqual(await parse('scope=a&client_id=%C3%A4', `${formType};a=b; charset=${charset}`), { scope: 'a', client_id: 'ä' })
  })

  test(`abuse 006: bytes that are not ASCII with the charset ${charset} are rejected`, async () => {
    for (const body of [Buffer.from('scope=ä'), Buffer.from('scope=ä', 'latin1')])
      await assert.rejects(parse(body, `${formType}; Charset=${charset}`), malformed)
  })
}

test('fault 7.1: an ASCII part of a multipart body is read with the charset of a superset of ASCII, other parts are rejected', async () => {
  const labelled = (charset: string, value: string) =>
    multipart([`name="scope"\r\nContent-Type: text/plain; charset=${charset}\r\nContent-Transfer-Encoding: 8bit\r\n\r\n${value}`])
  assert.deepEqual(await labelled('ISO-8859-1', 'a'), { scope: 'a' })
  assert.deepEqual(await labelled('utf-8', 'ä'), { scope: 'ä' })
  for (const [charset, value] of [
    ['ISO-8859-1', 'ä'],
    ['utf-16', 'a'],
  ] as const)
    await assert.rejects(labelled(charset, value), malformed)
})

for (const body of [Buffer.from([0x73, 0x3d, 0xff]), 'scope=%FF', 'scope=%C3%28', 'scope=%', 'scope=%zz', '%ED%A0%80=a']) {
  test(`abuse 006: the body ${JSON.stringify(body.toString('latin1'))} is not form-encoded UTF-8 and is rejected`, async () => {
    await assert.rejects(parse(body), malformed)
  })
}

for (const name of ['grant_type', 'client_id', 'client_secret', 'scope', 'client_assertion', 'token']) {
  for (const [first, second] of [
    ['a', 'b'],
    ['a', 'a'],
    ['', 'a'],
    ['a', ''],
  ]) {
    test(`abuse 010: ${name} sent as "${first}" and "${second}" is rejected`, async () => {
      await assert.rejects(parse(`${name}=${first}&x=y&${name}=${second}`), malformed)
    })
  }
}

test('abuse 010: a repeated parameter is detected in any percent-encoding of its name', async () => {
  await assert.rejects(parse('scope=a&%73cope=b'), malformed)
})

for (const name of ['grant_type%00', 'Grant_Type', 'grant_type[]', 'grant_type[a]', '+grant_type', 'grant_type.']) {
  test(`abuse 011: ${name} is not grant_type`, async () => {
    assert.deepEqual(await parse(`${name}=client_credentials`), {})
  })
}

test('abuse 012: names of prototype members are ignored and change nothing', async () => {
  const form = await parse('__proto__=x&constructor[prototype][a]=1&toString=1&__proto__[a]=1&hasOwnProperty=1')
  assert.deepEqual(Object.keys(form), [])
  assert.equal(({} as { a?: string }).a, undefined)
  assert.equal(form.toString, Object.prototype.toString)
})

/** Inputs beyond a bound, each with one that is within it. */
const many = (count: number, name?: string) => Array.from({ length: count }, (_, i) => [name ?? `n${i}`, 'v'] as const)
const bounds: Record<string, readonly [within: readonly (readonly [string, string])[], beyond: readonly (readonly [string, string])[]]> = {
  'more than 64 parameters': [many(64), many(65)],
  '64 times the same name': [many(64, 'a'), many(100, 'a')],
  'a name of 65 characters': [[['n'.repeat(64), 'v']], [['n'.repeat(65), 'v']]],
  'a name of 65 letters with accents': [[['é'.repeat(64), 'v']], [['é'.repeat(65), 'v']]],
  'an unknown value over 4 kB': [[['a', 'v'.repeat(4096)]], [['a', 'v'.repeat(4097)]]],
  'a value over 4 kB of two-byte letters': [[['a', 'é'.repeat(2048)]], [['a', 'é'.repeat(2049)]]],
  'a known value over 4 kB that the endpoint ignores': [[['username', 'v'.repeat(4096)]], [['username', 'v'.repeat(4097)]]],
}
for (const [what, [within, beyond]] of Object.entries(bounds)) {
  test(`fault 2.6: ${what} in a form is refused`, async () => {
    const encode = (form: typeof within) => new URLSearchParams(form.map(([name, value]) => [name, value])).toString()
    await parse(encode(within))
    await assert.rejects(parse(encode(beyond)), malformed)
  })

  test(`fault 2.6: ${what} in a multipart body is refused`, async () => {
    const encode = (form: typeof within) => multipart(form.map(([name, value]) => part(name, value)))
    await encode(within)
    await assert.rejects(encode(beyond), malformed)
  })
}

for (const value of ['%'.repeat(4097), '%zz'.repeat(4097), '%78'.repeat(4097), '+'.repeat(4097)]) {
  test(`fault 2.6: a value of 4,097 "${value.slice(0, 3)}" is refused`, async () => {
    await assert.rejects(parse(`a=${value}`), malformed)
  })
}

suite('forms at the token endpoint', () => {
  const shared = shareTestServer()

  test('abuse 004: the curl sample of seed 003 gets a token in a realm that accepts multipart', async () => {
    const { aClient, request } = shared()
    const { clientId, clientSecret } = await aClient('prod')
    const response = await request({
      method: 'POST',
      url: '/auth/realms/prod/protocol/openid-connect/token',
      headers: {
        authorization: `Basic ${btoa(`${clientId}:${clientSecret}`)}`,
        'content-type': 'multipart/form-data; boundary=------------------------d74496d66958873e',
      },
      payload:
        '--------------------------d74496d66958873e\r\nContent-Disposition: form-data; name="grant_type"\r\n\r\nclient_credentials\r\n--------------------------d74496d66958873e--\r\n',
    })
    assert.equal(response.statusCode, 200)
  })

  test('abuse 011: a token request with only a misspelled grant_type gets "grant_type is missing"', async () => {
    const { aClient, requestToken } = shared()
    const { grant_type: _, ...rest } = tokenRequest(await aClient('prod'))
    const response = await requestToken('prod', { ...rest, 'grant_type[]': 'client_credentials' })
    assert.match(response.json().error_description, /grant_type is missing/)
  })

  test('abuse 012: a token request with such names is answered with 200', async () => {
    const { aClient, requestToken } = shared()
    const body = new URLSearchParams(tokenRequest(await aClient('prod')))
    assert.equal((await requestToken('prod', `${body}&__proto__=x&constructor[prototype][a]=1&toString=1`)).statusCode, 200)
  })

  test('abuse 020: unknown parameters are neither echoed nor stored', async () => {
    const { aClient, requestToken, auditEvents, log } = shared()
    const response = await requestToken('prod', { ...tokenRequest(await aClient('prod')), canary: 'canary' })
    assert.equal(response.statusCode, 200)
    assert.ok(!(JSON.stringify(await auditEvents()) + log.join('') + response.body).includes('canary'))
  })

  for (const [what, extra] of Object.entries({
    'as many parameters as make 100': many(97),
    'a long name': [['n'.repeat(65), 'x'] as const],
    'a long value': [['canary', 'x'.repeat(4097)] as const],
    'a long token': [['token', 'x'.repeat(4097)] as const],
    'a long client_assertion_type': [['client_assertion_type', 'x'.repeat(4097)] as const],
  })) {
    test(`fault 2.6: ${what} beside a good token request is invalid_request`, async () => {
      const { aClient, requestToken } = shared()
      const response = await requestToken('prod', { ...tokenRequest(await aClient('prod')), ...Object.fromEntries(extra) })
      assert.deepEqual([response.statusCode, response.json().error], [400, 'invalid_request'])
    })
  }

  test('fault 2.6: a long scope, resource, client id or secret is refused as what it is', async () => {
    const { aClient, requestToken } = shared()
    const good = tokenRequest(await aClient('prod'))
    const errorFor = async (extra: object) => (await requestToken('prod', { ...good, ...extra })).json().error
    const long = 'x'.repeat(5000)
    assert.equal(await errorFor({ scope: long }), 'invalid_scope')
    assert.equal(await errorFor({ resource: long }), 'invalid_target')
    assert.equal(await errorFor({ client_id: long }), 'invalid_client')
    assert.equal(await errorFor({ client_secret: long }), 'invalid_client')
  })

  test('fault 2.6: at introspection a long token is inactive, and a long value that counts only elsewhere is refused', async () => {
    const { aClient, postForm, realms } = shared()
    const { grant_type: _, ...credentials } = tokenRequest(await aClient('prod'))
    const url = realms.get('prod')!.tokenPath.replace(/token$/, 'token/introspect')
    const long = 'x'.repeat(5000)
    assert.deepEqual((await postForm(url, { ...credentials, token: long })).json(), { active: false })
    for (const name of ['scope', 'audience', 'token_type_hint', 'canary'])
      assert.equal((await postForm(url, { ...credentials, token: 'x', [name]: long })).statusCode, 400)
  })
})
