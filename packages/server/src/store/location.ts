// The location of a store in the configuration: "sqlite:FILE", "postgres://…", or "env:NAME" and "file:PATH" for a variable and a file
// that contain one.
import { OpenFileError, readPrivateFile } from '@countersign/guard/private-file'
import { StoreError } from './store-errors.ts'

/** Resolves a location that may be in the environment or in a file of its own, apart from the configuration. @throws StoreError */
export function resolveLocation(location: string): string {
  const [, kind, name] = /^(env|file):(.+)$/.exec(location) ?? []
  if (name === undefined) return location
  const place = kind === 'env' ? `The environment variable "${name}"` : `The file "${name}"`
  const url = kind === 'env' ? process.env[name] : readUrlFile(name)
  if (url === undefined) throw new StoreError(`${place} is not set; it must hold the URL of the store.`)
  if (!isPostgresUrl(url) && !url.startsWith('sqlite:'))
    throw new StoreError(`${place} does not hold the URL of a store: expected "postgres://…" or "sqlite:FILE".`)
  return url
}

function readUrlFile(file: string): string {
  try {
    return readPrivateFile(file).trim()
  } catch (cause) {
    const { message } = cause as Error
    throw new StoreError(cause instanceof OpenFileError ? message : `Cannot read the URL of the store: ${message}.`, { cause })
  }
}

/** Deletes the variable, so that no child process, crash report or later reader finds it. */
export function forgetLocation(location: string): void {
  const [, name] = /^env:(.+)$/.exec(location) ?? []
  if (name !== undefined) delete process.env[name]
}

export function isPostgresUrl(url: string): boolean {
  return /^postgres(?:ql)?:/.test(url)
}

/** Whether both URLs differ in nothing but the user and the password. @throws TypeError for an invalid URL, without its content */
export function sameDatabase(one: string, other: string): boolean {
  return withoutLogin(one) === withoutLogin(other)
}

function withoutLogin(location: string): string {
  if (!isPostgresUrl(location)) return location
  checkPostgresUrl(location)
  const url = Object.assign(new URL(location), { username: '', password: '' })
  for (const name of ['user', 'password']) url.searchParams.delete(name)
  return url.href.replace(/^postgresql:/, 'postgres:')
}

/** The file of a SQLite store. */
export function fileOf(url: string): string {
  return url.replace(/^sqlite:/, '')
}

/** Name of a store in messages: without password and parameters. */
export function describeLocation(url: string): string {
  if (!isPostgresUrl(url)) return fileOf(url)
  const { protocol, username, host, pathname } = new URL(url)
  return `${protocol}//${username === '' ? '' : `${username}@`}${host}${pathname}`
}

/** @throws TypeError for an invalid URL, without its content */
export function checkPostgresUrl(url: string): void {
  const { search, hash } = URL.canParse(url) ? new URL(url) : { search: '@', hash: '' }
  // The part after an unescaped "?" or "#" in a password would be parsed as query or fragment.
  if (/@/.test(search + hash)) {
    throw new TypeError(
      'expected "postgres://user:password@host:5432/database"; write "/", "?", "#" and "%" in a password as %2F, %3F, %23 and %25',
    )
  }
}
