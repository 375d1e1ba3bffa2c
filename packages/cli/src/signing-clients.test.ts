// Programs and operators that authenticate by a key that the command has registered.
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { createTokenProvider, privateKeyJwt } from '@countersign/client'
import { aFolder, startTestDemo } from './demo.fixture.ts'
import { callCommand } from './process.fixture.ts'

const { serverUrl, operator, systems } = await startTestDemo()
const { issuer } = systems['partner-api']!
const folder = aFolder()

/** A key pair in two files. */
function aKeyPair(name: string) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const [privateFile, publicFile] = [join(folder, `${name}.pem`), join(folder, `${name}.pub.pem`)]
  writeFileSync(privateFile, privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600 })
  writeFileSync(publicFile, publicKey.export({ format: 'pem', type: 'spki' }))
  return { privateFile, publicFile }
}

test('an operator signs in by a key that is registered in the realm of the operators', async () => {
  const { privateFile, publicFile } = aKeyPair('operator')
  const added = await callCommand(`client key add ${operator.clientId} ${publicFile} --realm operators --key-id laptop`)
  assert.equal(added.exitCode, 0, added.stderr)
  const { exitCode, stdout, stderr } = await callCommand('realm list', {
    COUNTERSIGN_SERVER: serverUrl,
    COUNTERSIGN_CLIENT_ID: operator.clientId,
    COUNTERSIGN_CLIENT_KEY_FILE: privateFile,
    COUNTERSIGN_CLIENT_KEY_ID: 'laptop',
  })
  assert.equal(exitCode, 0, stderr)
  assert.match(stdout, /partner-api/)
})

test('abuse 261: a machine whose clock is two hours behind gets a token, by the time of the refusal', async () => {
  const { privateFile, publicFile } = aKeyPair('clock')
  await callCommand(`client create --realm partner-api --organization acme --client-id acme-clock --key ${publicFile}`)
  const behind = () => Date.now() - 7_200_000
  const tokens = createTokenProvider({
    issuer,
    clientId: 'acme-clock',
    clientAuth: privateKeyJwt({ privateKey: readFileSync(privateFile, 'utf8') }),
    clock: { now: () => performance.now(), wallNow: behind, startTimer: () => () => {} },
  })
  assert.match(await tokens.getToken(), /^eyJ/)
})
