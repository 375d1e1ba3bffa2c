// The settings of docs/portal.md, as they stand there.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { parseConfiguration } from '../src/configuration/configuration.ts'

const guide = readFileSync(join(import.meta.dirname, '../../../docs/portal.md'), 'utf8')
const [on, session] = [...guide.matchAll(/^```yaml\n([^]*?)^```$/gm)].map(([, yaml]) => yaml!)
const proxied = 'listen: 127.0.0.1:8080\npublicUrl: https://auth.example.com\nbehindTlsProxy: true\n'
const settings = (yaml: string) => parseConfiguration(`${proxied}${yaml}realms: {}`, '/').portal

test('the settings of the guide are accepted, and those of sessions are the defaults', () => {
  assert.deepEqual([settings(on!)?.enabled, settings(on!)?.publicUrl], [true, 'https://partners.example.com'])
  assert.deepEqual(settings(on!)?.session, settings(on! + session!.replace('portal:\n', ''))?.session)
})
