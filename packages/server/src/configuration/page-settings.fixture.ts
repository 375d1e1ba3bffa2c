// What the tests of the settings of the console and of the portal have in common.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigurationError, parseConfiguration } from './configuration.ts'

export const parse = (settings: string, realms = '{}') => parseConfiguration(`${settings}\nrealms: ${realms}`, '/')

export function faultOf(settings: string, realms?: string): string {
  try {
    parse(settings, realms)
  } catch (error) {
    if (error instanceof ConfigurationError) return error.message
    throw error
  }
  return ''
}

export const proxied = 'behindTlsProxy: true\npublicUrl: https://auth.example'

/** @param mount `console` or `portal` */
export function testNoRealmAt(mount: string): void {
  test(`no realm can be at the path of the ${mount}`, () => {
    const realm = `{ issuer: /${mount}, tokenEndpoint: /${mount}/token, audience: alpha }`
    assert.match(faultOf('', `{ alpha: ${realm} }`), new RegExp(`another path, because the server itself uses "/${mount}"`))
  })
}
