import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { request as httpsRequest, Agent } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls'
import { startTestServerOnAnyStore } from '../../test/test-server.fixture.ts'
import { readCertificate, watchCertificate } from './certificate.ts'

const folder = mkdtempSync(join(tmpdir(), 'countersign-tls-'))
after(() => rmSync(folder, { recursive: true }))
const inFolder = (name: string) => join(folder, name)

/** Makes `<name>.pem` and `<name>.key`, as a certificate authority would. */
function makeCertificate(name: string, kind = ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256']): void {
  const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=IP:127.0.0.1']
  const key = ['-newkey', ...kind, '-nodes', '-keyout', inFolder(`${name}.key`)]
  execFileSync('openssl', ['req', '-x509', ...key, '-out', inFolder(`${name}.pem`), '-days', '2', ...subject], { stdio: 'ignore' })
}
makeCertificate('one')
makeCertificate('two')

/** A copy that a test may overwrite. */
function copyPair(name: string, from: string) {
  const files = { certificate: inFolder(`${name}.pem`), key: inFolder(`${name}.key`) }
  copyFileSync(inFolder(`${from}.pem`), files.certificate)
  copyFileSync(inFolder(`${from}.key`), files.key)
  return files
}

async function startTlsServer(name: string) {
  const files = copyPair(name, 'one')
  const settings = `publicUrl: https://auth.example.com\ntls: { certificate: ${files.certificate}, key: ${files.key} }`
  const server = await startTestServerOnAnyStore({ settings })
  const { public: url } = await server.listenEverywhere()
  const connectTls = async (options: ConnectionOptions = {}): Promise<TLSSocket> => {
    const socket = connect({ port: Number(url.port), host: '127.0.0.1', rejectUnauthorized: false, ...options })
    await once(socket, 'secureConnect')
    return socket
  }
  const shownName = async () => {
    const socket = await connectTls()
    const { subject } = socket.getPeerCertificate()
    socket.destroy()
    return subject.CN
  }
  return { ...server, files, port: url.port, connectTls, shownName }
}

const faults: Record<string, readonly [change: (files: { certificate: string; key: string }) => void, message: RegExp]> = {
  'a missing certificate': [
    ({ certificate }) => rmSync(certificate),
    /^ConfigurationError: tls\.certificate: cannot read ".*": it does not exist/,
  ],
  'a missing key': [({ key }) => rmSync(key), /^ConfigurationError: tls\.key: cannot read ".*": it does not exist/],
  'a certificate file without one': [
    ({ certificate }) => writeFileSync(certificate, 'x'),
    /tls\.certificate: expected a certificate in PEM in ".*"/,
  ],
  'a key file without one': [
    ({ key }) => writeFileSync(key, 'x', { mode: 0o600 }),
    /tls\.key: expected a private key in PEM, without a passphrase in ".*"/,
  ],
  'the key of another certificate': [
    ({ key }) => copyFileSync(inFolder('two.key'), key),
    /tls\.key: ".*" is not the key of the first certificate/,
  ],
}
for (const [what, [change, message]] of Object.entries(faults)) {
  test(`${what} is rejected, and the error names the file`, () => {
    const files = copyPair('faulty', 'one')
    change(files)
    assert.throws(() => readCertificate(files), message)
  })
}

test('fault 3.3: an RSA key with the exponent 3 is rejected, and the error names the file', () => {
  makeCertificate('weak', ['rsa:2048', '-pkeyopt', 'rsa_keygen_pubexp:3'])
  assert.throws(
    () => readCertificate(copyPair('three', 'weak')),
    /tls\.key: the RSA key in ".*three\.key" must have an odd exponent of 65537/,
  )
  makeCertificate('good', ['rsa:2048'])
  assert.ok(readCertificate(copyPair('common', 'good')))
})

const otherKeys = {
  'an EC key on a curve that no client accepts': ['ec', '-pkeyopt', 'ec_paramgen_curve:P-224'],
  'an EC key on a curve of other protocols': ['ec', '-pkeyopt', 'ec_paramgen_curve:secp256k1'],
  'an RSA key of 1,024 bits for PSS alone': ['rsa-pss', '-pkeyopt', 'rsa_keygen_bits:1024'],
}
for (const [what, kind] of Object.entries(otherKeys)) {
  test(`fault 3.3: ${what} is rejected, and the error names the file`, () => {
    makeCertificate('other', kind)
    assert.throws(
      () => readCertificate(copyPair('four', 'other')),
      /tls\.key: the key in ".*four\.key" is not an RSA key, an EC key on P-256, P-384 or P-521, or an Ed25519 key/,
    )
  })
}

test('other keys that clients accept are good for TLS', () => {
  for (const kind of [['ec', '-pkeyopt', 'ec_paramgen_curve:P-384'], ['ed25519']]) {
    makeCertificate('usual', kind)
    assert.ok(readCertificate(copyPair('five', 'usual')))
  }
})

test('the server does not start with an invalid certificate or key', async () => {
  const settings = `publicUrl: https://auth.example.com\ntls: { certificate: ${inFolder('one.pem')}, key: ${inFolder('two.key')} }`
  await assert.rejects(startTestServerOnAnyStore({ settings }), /tls\.key: ".*two\.key" is not the key/)
})

test('requests are answered over TLS, and the client address is that of the peer', async () => {
  const { aClient, connectTls, auditEvents } = await startTlsServer('answers')
  await aClient('prod')
  const socket = await connectTls({ ALPNProtocols: ['h2', 'http/1.1'] })
  assert.deepEqual([socket.alpnProtocol, socket.getProtocol()], ['http/1.1', 'TLSv1.3'])
  socket.write('GET /nowhere HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
  const [answer] = (await once(socket, 'data')) as [Buffer]
  assert.match(answer.toString('latin1'), /^HTTP\/1\.1 404 /)
  await once(socket, 'close')
  assert.equal((await auditEvents()).at(-1)?.address, '127.0.0.1')
})

for (const version of ['TLSv1', 'TLSv1.1'] as const) {
  test(`abuse 284: ${version} is rejected`, async () => {
    const { connectTls } = await startTlsServer('old')
    await assert.rejects(connectTls({ minVersion: version, maxVersion: version, ciphers: 'ALL@SECLEVEL=0' }), {
      code: /ALERT_PROTOCOL_VERSION/,
    })
  })
}

test('abuse 284: TLS 1.2 is accepted only with suites that have forward secrecy and authenticated encryption', async () => {
  const { connectTls } = await startTlsServer('suites')
  const socket = await connectTls({ maxVersion: 'TLSv1.2' })
  assert.match(socket.getCipher().name, /^ECDHE-ECDSA-.*(?:GCM|POLY1305)/)
  socket.destroy()
  for (const ciphers of ['ECDHE-ECDSA-AES128-SHA256', 'ECDHE-ECDSA-AES128-SHA', 'AES128-GCM-SHA256', 'DHE-RSA-AES128-GCM-SHA256'])
    await assert.rejects(connectTls({ maxVersion: 'TLSv1.2', ciphers: `${ciphers}:@SECLEVEL=0` }), { code: /HANDSHAKE_FAILURE/ })
})

test('abuse 284: renegotiation is rejected', async () => {
  const { connectTls } = await startTlsServer('renegotiation')
  const socket = await connectTls({ maxVersion: 'TLSv1.2' })
  const failed = Promise.withResolvers<Error | null>()
  socket.on('error', failed.resolve).on('close', () => failed.resolve(new Error('closed')))
  socket.renegotiate({}, failed.resolve)
  assert.ok((await failed.promise) instanceof Error)
})

test('a plain HTTP connection to the TLS port is closed without a response', async () => {
  const { port } = await startTlsServer('plain')
  await assert.rejects(fetch(`http://127.0.0.1:${port}/`))
})

test('after the files change, new connections get the new certificate and existing connections stay open', async () => {
  const { files, port, shownName, reload } = await startTlsServer('renewed')
  const agent = new Agent({ keepAlive: true, maxSockets: 1, rejectUnauthorized: false })
  const ask = async () => {
    const asked = httpsRequest({ port, host: '127.0.0.1', path: '/livez', agent }).end()
    const [response] = (await once(asked, 'response')) as [import('node:http').IncomingMessage]
    await once(response.resume(), 'end')
    return asked.reusedSocket
  }
  await ask()
  assert.equal(await shownName(), 'one')
  copyFileSync(inFolder('two.pem'), files.certificate)
  copyFileSync(inFolder('two.key'), files.key)
  reload()
  assert.deepEqual([await shownName(), await ask()], ['two', true])
  agent.destroy()
})

test('an invalid new certificate is logged with its file, and the previous one stays in use', async () => {
  const { files, shownName, reload, log, expectErrors } = await startTlsServer('broken')
  expectErrors()
  copyFileSync(inFolder('two.pem'), files.certificate)
  reload()
  assert.equal(await shownName(), 'one')
  const line = log.find((text) => text.includes('still serving the previous one'))
  assert.ok(line?.includes(files.key) && !line.includes('PRIVATE KEY'))
})

test('changed files are read when two checks in a row find them the same', () => {
  const files = copyPair('watched', 'one')
  const events: string[] = []
  const watch = watchCertificate(files, {
    onChange: ({ cert }) => events.push(cert.length > 0 ? 'changed' : ''),
    onFailure: ({ message }) => events.push(message),
  })
  watch.stop()
  watch.look()
  copyFileSync(inFolder('two.pem'), files.certificate)
  watch.look()
  copyFileSync(inFolder('two.key'), files.key)
  watch.look()
  assert.deepEqual(events, [])
  watch.look()
  watch.look()
  assert.deepEqual(events, ['changed'])
})

test('missing files are reported once', () => {
  const files = copyPair('gone', 'one')
  const failures: string[] = []
  const watch = watchCertificate(files, { onChange: () => {}, onFailure: ({ message }) => failures.push(message) })
  watch.stop()
  rmSync(files.key)
  for (let i = 0; i < 5; i++) watch.look()
  assert.equal(failures.length, 1)
  assert.ok(existsSync(files.certificate))
})
