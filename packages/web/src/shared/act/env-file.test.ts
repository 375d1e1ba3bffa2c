import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { envFileOf } from './env-file.ts'

test('a shell reads the credentials as they are, under the names of programs and of the command', () => {
  const folder = mkdtempSync(join(tmpdir(), 'countersign-env-'))
  const file = join(folder, 'one.env')
  for (const clientId of ['api-client-acme', `it's $HOME "x" \`y\``]) {
    writeFileSync(file, envFileOf({ clientId, secret: 'csk_aA-_9', tokenUrl: 'http://localhost:8080/token\nEVIL=1' }))
    const printed = execFileSync('bash', [
      '-c',
      `. "${file}"; printf '%s|' "$TOKEN_URL" "$CLIENT_ID" "$CLIENT_SECRET" "$COUNTERSIGN_CLIENT_ID" "$COUNTERSIGN_CLIENT_SECRET" "$EVIL"`,
    ])
    assert.equal(printed.toString(), `http://localhost:8080/token EVIL=1|${clientId}|csk_aA-_9|${clientId}|csk_aA-_9||`)
  }
  rmSync(folder, { recursive: true })
})
