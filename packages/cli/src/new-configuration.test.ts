import assert from 'node:assert/strict'
import { test } from 'node:test'
import { configurationJsonSchema, parseConfiguration } from '@countersign/server'
import { newConfiguration } from './new-configuration.ts'

/** Settings, written or commented out. */
const named = new Set([...newConfiguration.matchAll(/^ *(?:# )?([A-Za-z]+):/gm)].map(([, name]) => name))

test('the configuration that "init" writes is valid', () => {
  assert.deepEqual([...parseConfiguration(newConfiguration, '.').realms.keys()], ['partners'])
})

test('the configuration that "init" writes names every setting of the server and of a realm', () => {
  const { properties } = configurationJsonSchema() as unknown as {
    properties: Record<string, { additionalProperties?: { properties: object } }>
  }
  const ofRealm = Object.keys(properties['realms']!.additionalProperties!.properties)
  for (const setting of [...Object.keys(properties), ...ofRealm]) assert.ok(named.has(setting), `"${setting}" is not in it`)
})
