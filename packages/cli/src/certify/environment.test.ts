import assert from 'node:assert/strict'
import { test } from 'node:test'
import { environmentOf } from './environment.ts'

const sandbox = {
  TOKEN_URL: 'http://127.0.0.1:1/token',
  ISSUER: 'http://127.0.0.1:1',
  API_URL: 'http://127.0.0.1:2',
  CLIENT_ID: 'sandbox',
  CLIENT_SECRET_FILE: '/tmp/secret',
  PORT: '3',
}

test('the backend gets no credentials but those of the sandbox, under both names, and no proxy', () => {
  const shell = {
    PATH: '/bin',
    CLIENT_SECRET: 'of production',
    OAUTH_SECRET: 'of production',
    COUNTERSIGN_CLIENT_SECRET: 'of an operator',
    HTTPS_PROXY: 'http://proxy',
    http_proxy: 'http://proxy',
  }
  const environment = environmentOf(sandbox, new Map([['CLIENT_SECRET', 'OAUTH_SECRET']]), {}, shell)
  assert.equal(environment['PATH'], '/bin')
  assert.equal(environment['CLIENT_ID'], 'sandbox')
  assert.doesNotMatch(JSON.stringify(environment), /of production|of an operator|:\/\/proxy/)
})
