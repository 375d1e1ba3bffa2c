import assert from 'node:assert/strict'
import { test } from 'node:test'
import { listCapabilities } from './capability-rows.ts'

test('capabilities are those that the realm declares, the tiers among them, and those that are left over', () => {
  const realm = { capabilities: { kyc: 'flag' as const, region: ['eu', 'us'] }, rateLimitTiers: ['standard', 'trial'] }
  assert.deepEqual(listCapabilities(realm, { kyc: true, old: 'x' }), [
    { name: 'kyc', value: 'true', choices: ['true', 'false'] },
    { name: 'old', value: 'x', choices: [] },
    { name: 'rateLimitTier', value: undefined, choices: ['standard', 'trial'] },
    { name: 'region', value: undefined, choices: ['eu', 'us'] },
  ])
})

test('a realm that is not known declares nothing', () => {
  assert.deepEqual(listCapabilities(undefined, {}), [])
})
