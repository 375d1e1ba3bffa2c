// Sends the requests of the documents to the demo. The snippets folders hold them as printed (seed 004's curl without the stray
// spaces); only host, id and secret are replaced.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { skipWithoutCurl } from '@countersign/cli/curl.fixture'
import { aFolder, startTestDemo } from '@countersign/cli/demo.fixture'
import { runBash, runNode } from '@countersign/cli/process.fixture'

const { serverUrl, systems } = await startTestDemo()
const novatrade24 = systems['novatrade24']!
const partnerApi = systems['partner-api']!
const ptv = systems['ptv']!
const nxtsoft = systems['nxtsoft']!
const skip = skipWithoutCurl()

test('seed 000: the form of "Token endpoint" gets the printed response', async () => {
  const { clientId, clientSecret } = novatrade24.clients['acme']!
  const printed = readSnippet('novatrade24/token-request').replace('api-client-{your-slug}', clientId).replace('{secret}', clientSecret)
  const [, method, url, contentType, form] = /^(\w+) (\S+)\nRequest body — (\S+):\n(.+)$/s.exec(printed)!
  const response = await fetch(url!, { method: method!, headers: { 'content-type': contentType! }, body: form!.replaceAll('\n', '') })
  assertPrinted('novatrade24/token-response', await response.json())
})

test('seed 000: the class TokenProvider gets a token, caches it, and the API accepts it', async () => {
  const { clientId, clientSecret } = novatrade24.clients['acme']!
  const file = join(aFolder(), 'token-provider.mts')
  const callTwice = '\nconst provider = new TokenProvider()\nconsole.log(await provider.getToken())\nconsole.log(await provider.getToken())'
  writeFileSync(file, readSnippet('novatrade24/token-provider') + callTwice)
  const { stdout, stderr } = await runNode([file], { env: { NT24_CLIENT_ID: clientId, NT24_CLIENT_SECRET: clientSecret } })
  const [token, again] = stdout.split('\n')
  assert.equal(again, token, stderr)
  assert.equal((await call(novatrade24.apiUrl, '/v1/me', token!)).status, 200)
})

test('seed 002: the described request gets a token, which is accepted in the printed header', async () => {
  const response = await call(partnerApi.apiUrl, '/natural-persons', await requestPartnerApiToken(), { method: 'POST' })
  assert.equal(response.status, 201)
})

for (const type of ['application/json', 'application/x-www-form-urlencoded', 'text/xml']) {
  test(`fault 7.3: a sample API accepts a POST of type "${type}" without bytes`, async () => {
    const init = { method: 'POST', headers: { 'content-type': type } }
    assert.equal((await call(partnerApi.apiUrl, '/natural-persons', await requestPartnerApiToken(), init)).status, 201)
  })
}

test('seed 002: a command requires Requestor-ID, except those that create a natural person or a legal entity', async () => {
  const [, requestorHeader] = /must contain the header (\S+)/.exec(readSnippet('partner-api/requestor-identification'))!
  const headers = { [requestorHeader!]: partnerApi.requestors!['ada']!.id }
  const token = await requestPartnerApiToken()
  const statusOf = async (path: string, init: RequestInit) => (await call(partnerApi.apiUrl, path, token, init)).status

  assert.equal(await statusOf('/payments', { method: 'POST', headers }), 201)
  assert.equal(await statusOf('/payments', { method: 'POST' }), 400)
  assert.equal(await statusOf('/customers/17', { headers }), 200)
  assert.equal(await statusOf('/customers/17', {}), 400)
  assert.equal(await statusOf('/natural-persons', { method: 'POST' }), 201)
  assert.equal(await statusOf('/legal-entities', { method: 'POST' }), 201)
})

test('seed 003: curl with a Basic header and --form gets the printed response', { skip }, async () => {
  const { clientId, clientSecret } = ptv.clients['acme']!
  const printed = readSnippet('ptv/basic-auth-header').replace('<ENCODED AUTHORIZATION>', btoa(`${clientId}:${clientSecret}`))
  const answer = await runCurl(printed)
  assertPrinted('ptv/token-response', answer)
  assert.equal((await call(ptv.apiUrl, '/routes', answer.access_token)).status, 200)
})

test('seed 003: curl with the credentials in the body gets the printed response', { skip }, async () => {
  const { clientId, clientSecret } = ptv.clients['acme']!
  const answer = await runCurl(readSnippet('ptv/credentials-in-body'), { clientId, clientSecret })
  assertPrinted('ptv/token-response', answer)
  assert.equal((await call(ptv.apiUrl, '/routes', answer.access_token)).status, 200)
})

test('seed 004: curl gets the printed response, with the claims of the printed token', { skip }, async () => {
  const { clientId, clientSecret } = nxtsoft.clients['acme']!
  const printed = readSnippet('nxtsoft/token-request').replace('YOUR_CLIENT_ID', clientId).replace('YOUR_CLIENT_SECRET', clientSecret)
  const answer = await runCurl(printed)
  assertPrinted('nxtsoft/token-response', answer)

  const sample = decode((JSON.parse(readSnippet('nxtsoft/token-response')) as TokenAnswer).access_token)
  const { header, claims } = decode(answer.access_token)
  assert.deepEqual(Object.keys(header).toSorted(), Object.keys(sample.header).toSorted())
  assert.deepEqual(Object.keys(claims).toSorted(), Object.keys(sample.claims).toSorted())
  for (const claim of ['token_use', 'scope', 'version']) assert.equal(claims[claim], sample.claims[claim])
  assert.equal(header['alg'], sample.header['alg'])
  assert.equal((await call(nxtsoft.apiUrl, '/transactions/mock', answer.access_token, { method: 'POST' })).status, 201)
})

interface TokenAnswer {
  readonly access_token: string
}

/** The text of a document, with our host instead of its own. */
function readSnippet(name: string): string {
  const [system = '', snippet = ''] = name.split('/')
  const text = readFileSync(join(import.meta.dirname, system, 'snippets', `${snippet}.txt`), 'utf8').trimEnd()
  return text.replace(/https:\/\/auth\.[\w.]+/, serverUrl)
}

/** Every printed member is present with the printed value, except the token itself. */
function assertPrinted(name: string, answer: unknown): void {
  const { access_token: _, ...printed } = JSON.parse(readSnippet(name)) as TokenAnswer
  assert.partialDeepStrictEqual(answer, printed)
}

async function runCurl(command: string, env?: Record<string, string>): Promise<TokenAnswer> {
  const { stdout, stderr } = await runBash(command, { ...(env && { env }) })
  assert.match(stdout, /^\{.*\}$/, stderr)
  return JSON.parse(stdout) as TokenAnswer
}

/** Seed 002 describes its request in prose: the content type, and a list of parameters. */
async function requestPartnerApiToken(): Promise<string> {
  const { clientId, clientSecret } = partnerApi.clients['acme']!
  const text = readSnippet('partner-api/token-request')
  const [, contentType = ''] = /Content-Type: (\S+)/.exec(text)!
  const names = [...text.matchAll(/• (\w+):/g)].map((match) => match[1]!)
  const [, grantType = ''] = /Set the value to (\w+)/.exec(text)!
  const form = new URLSearchParams([grantType, clientId, clientSecret].map((value, index) => [names[index]!, value]))
  const response = await fetch(partnerApi.tokenUrl, { method: 'POST', headers: { 'content-type': contentType }, body: form.toString() })
  return ((await response.json()) as TokenAnswer).access_token
}

/** Calls an API with the header that seed 002 prints and the others describe. */
async function call(apiUrl: string, path: string, token: string, init: RequestInit = {}): Promise<Response> {
  const [name = '', value = ''] = readSnippet('partner-api/authorization-header').split(': ')
  return fetch(apiUrl + path, { ...init, headers: { ...init.headers, [name]: value.replace('your_access_token', token) } })
}

function decode(token: string) {
  const [header, claims] = token.split('.', 2).map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()))
  return { header, claims } as Record<'header' | 'claims', Record<string, unknown>>
}
