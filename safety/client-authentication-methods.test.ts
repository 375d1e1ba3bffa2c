import assert from 'node:assert/strict'
import { dirname, join } from 'node:path'
import { test } from 'node:test'
import { clientAuthenticationMethodNames, clientAuthenticationMethods } from '@countersign/protocol'
import { importsOf, pathsWith, productCode } from './source-tree.ts'

const ofPackages = productCode.filter(({ path }) => path.startsWith('packages/'))

const table = /^packages\/protocol\/src\/client-authentication-methods\.ts$/
/** Applied migrations are never edited, so they keep the names that they contain. */
const migrations = /\/migrations?(?:-\d+)?\.ts$/

/** The files of the methods that send an assertion: those that the list of readers imports. */
const list = ofPackages.filter(({ path }) => path.endsWith('/clients/assertion-readers.ts'))
const readers = new Set(list.flatMap(({ path, text }) => importsOf(text).map((specifier) => join(dirname(path), specifier))))
/** Written by scripts/generate.ts from the shapes, which derive them. */
const generated = /^packages\/admin\/src\/forms\.ts$/
/** Reads which methods another server has, whose client this one is. */
const clientOfOthers = /^packages\/server\/(?:src\/idp\/identity-provider|test\/idp\/oidc-provider\.d)\.ts$/
const exempt = [table, generated, migrations, clientOfOthers]
const mayNameThem = (path: string) => exempt.some((pattern) => pattern.test(path)) || readers.has(path)

test('client authentication methods are named only in their table, in their own files and in migrations; other code derives them from the table', () => {
  const paths = pathsWith(new RegExp(`['"\`](?:${clientAuthenticationMethodNames.join('|')})\\b`), ofPackages)
  assert.ok(paths.length > 0)
  assert.equal(list.length, 1)
  assert.deepEqual(
    paths.filter((path) => !mayNameThem(path)),
    [],
  )
})

/** Where a statement or a step means secrets and nothing else (decisions/041, decisions/028, decisions/098). */
const aboutSecrets = [
  /^packages\/cli\/src\/demo\/seed-history\.ts$/,
  /^packages\/server\/src\/admin\/list-cut-offs\.ts$/,
  /^packages\/server\/src\/cache\/read-(?:credentials|secrets)\.ts$/,
  /^packages\/server\/src\/clients\/(?:add-secret|authenticate-client)\.ts$/,
  /^packages\/server\/src\/key-rings\/(?:pepper-state|retire-pepper)\.ts$/,
  /^packages\/server\/src\/me\/change-own-secret\.ts$/,
  /^packages\/server\/src\/operators\/operators\.ts$/,
  /^packages\/server\/src\/rotation\/(?:due-secrets|renew-digests|rotation-steps)\.ts$/,
  /^packages\/server\/src\/standing\/(?:client-standing|list-rotations)\.ts$/,
  /^packages\/server\/src\/upkeep\/secret-steps\.ts$/,
  /^packages\/server\/src\/portal\/try-token\.ts$/,
  /^packages\/server\/src\/web\/sign-in\.ts$/,
]

test('a kind of credential is named like a method, and the secret also where the code means secrets', () => {
  const kinds = Object.values(clientAuthenticationMethods).map(({ credentialKind }) => credentialKind as string)
  const others = kinds.filter((kind) => kind !== 'client_secret')
  const paths = others.flatMap((kind) => pathsWith(new RegExp(`['"\`]${kind}['"\`]`), ofPackages))
  // As a kind, not as the form parameter of the same name.
  const ofSecrets = pathsWith(/kind\b[^\n]{0,12}['"`]client_secret['"`]/i, ofPackages)
  assert.deepEqual(
    [...paths, ...ofSecrets.filter((path) => !aboutSecrets.some((pattern) => pattern.test(path)))].filter((path) => !mayNameThem(path)),
    [],
  )
  assert.deepEqual(
    aboutSecrets.filter((pattern) => !ofSecrets.some((path) => pattern.test(path))),
    [],
    'no longer named there',
  )
})
