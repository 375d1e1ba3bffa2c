// The location of a store in the configuration: "sqlite:FILE", "postgres://…", or "env:NAME" for a variable that contains one.
import { StoreError } from './store-errors.ts'

/** Resolves a location that may be in the environment, so that a URL with a password need not be in a file. @throws StoreError */
export function resolveLocation(location: string): string {
  const [, name] = /^env:(.+)$/.exec(location) ?? []
  if (name === undefined) return location
  const url = process.env[name]
  if (url === undefined) throw new StoreError(`The environment variable "${name}" is not set; it must hold the URL of the store.`)
  if (!isPostgresUrl(url) && !url.startsWith('sqlite:'))
    throw new StoreError(`The environment variable "${name}" does not hold the URL of a store: expected "postgres://…" or "sqlite:FILE".`)
  return url
}

/** Deletes the variable, so that no child process, crash report or later reader finds it. */
export function forgetLocation(location: string): void {
  const [, name] = /^env:(.+)$/.exec(location) ?? []
  if (name !== undefined) delete process.env[name]
}

export function isPostgresUrl(url: string): boolean {
  return /^postgres(?:ql)?:/.test(url)
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
