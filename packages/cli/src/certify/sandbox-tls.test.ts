import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { createSandboxTls } from './sandbox-tls.ts'

const folder = mkdtempSync(join(tmpdir(), 'countersign-tls-'))
after(() => rmSync(folder, { recursive: true }))

test('the files are for this user only and have no private key', () => {
  const { certificates, caFile, variables } = createSandboxTls(folder, { JAVA_TOOL_OPTIONS: '-Xmx1g' })
  for (const name of readdirSync(folder)) {
    assert.equal(statSync(join(folder, name)).mode & 0o777, 0o600, name)
    assert.ok(!readFileSync(join(folder, name)).includes('PRIVATE KEY'), name)
  }
  const ca = new X509Certificate(readFileSync(caFile))
  assert.ok(ca.ca && ca.checkIssued(ca))
  const [right, unknown, other, expired] = (['right', 'unknown', 'other-host', 'expired'] as const).map(
    (kind) => new X509Certificate(certificates[kind].cert),
  ) as [X509Certificate, X509Certificate, X509Certificate, X509Certificate]
  assert.deepEqual(
    [right, unknown, other, expired].map((each) => each.verify(ca.publicKey)),
    [true, false, true, true],
  )
  assert.deepEqual([right.checkIP('127.0.0.1'), right.checkHost('localhost')], ['127.0.0.1', 'localhost'])
  assert.deepEqual([other.checkIP('127.0.0.1'), other.checkHost('localhost')], [undefined, undefined])
  assert.ok(expired.validToDate < new Date() && right.validToDate > new Date())
  assert.match(variables['JAVA_TOOL_OPTIONS'] ?? '', /^-Xmx1g -Djavax\.net\.ssl\.trustStore=/)
  const bundle = readFileSync(variables['SSL_CERT_FILE']!, 'utf8')
  assert.ok(bundle.startsWith(readFileSync(caFile, 'utf8')) && bundle.split('BEGIN').length > 50, 'and what a system trusts besides')
})

test('openssl accepts the certificate by its strict rules', (t) => {
  const { certificates, caFile } = createSandboxTls(folder)
  const file = join(folder, 'leaf.pem')
  writeFileSync(file, certificates.right.cert)
  const checks = ['-x509_strict', '-purpose', 'sslserver', '-verify_ip', '127.0.0.1', '-CAfile', caFile]
  try {
    assert.match(execFileSync('openssl', ['verify', ...checks, file]).toString(), /: OK/)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
    t.skip('there is no openssl')
  }
})
