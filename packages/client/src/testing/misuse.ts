// Commands and options of the fake issuer that cannot be meant: a test that misuses it must fail there, and not later, for another reason.
import { kindOf, parseSafeUrl } from '@countersign/protocol'

type GivenOptions = {
  readonly [name in 'issuer' | 'clientId' | 'clientSecret' | 'expiresIn' | 'keepSecrets' | 'now']?: unknown
}

/** @throws TypeError */
export function refuseWrongOptions({ issuer, expiresIn, keepSecrets, now, ...texts }: GivenOptions): void {
  for (const name of ['clientId', 'clientSecret'] as const)
    if (texts[name] !== undefined && (typeof texts[name] !== 'string' || texts[name] === ''))
      refuse('createFakeIssuer', name, 'a non-empty string', kindOf(texts[name]))
  if (issuer !== undefined && (parseSafeUrl(issuer) === undefined || /[?#]|\/$/.test(String(issuer))))
    refuse('createFakeIssuer', 'issuer', 'an https URL without a query and without a slash at its end', kindOf(issuer))
  if (typeof expiresIn === 'bigint' || typeof expiresIn === 'function' || typeof expiresIn === 'symbol')
    refuse('createFakeIssuer', 'expiresIn', 'a value that JSON has', kindOf(expiresIn))
  if (keepSecrets !== undefined && typeof keepSecrets !== 'boolean')
    refuse('createFakeIssuer', 'keepSecrets', 'true or false', kindOf(keepSecrets))
  if (now !== undefined && typeof now !== 'function') refuse('createFakeIssuer', 'now', 'a function', kindOf(now))
}

/** @throws TypeError */
export function requireStatus(status: unknown): void {
  const isFailure = Number.isInteger(status) && Number(status) >= 300 && Number(status) <= 599 && status !== 304
  if (!isFailure) refuse('failNext', 'status', 'a whole number from 300 to 599, and not 304', found(status))
}

/** Many are bounded, too: they are kept one by one. @throws TypeError */
export function requireTimes(command: string, times: unknown): void {
  if (!Number.isInteger(times) || Number(times) < 1 || Number(times) > 100_000)
    refuse(command, 'times', 'a whole number from 1 to 100000', found(times))
}

/** @throws TypeError */
export function requireText(command: string, name: string, text: unknown): void {
  if (typeof text !== 'string') refuse(command, name, 'a string', found(text))
}

/** @throws TypeError */
export function requireHeaderText(command: string, name: string, text: unknown): void {
  if (typeof text !== 'string' || !/^[\x20-\x7e]+$/.test(text)) refuse(command, name, 'the text of a header', found(text))
}

/** @throws TypeError */
export function requireDelay(delayMs: unknown): void {
  if (typeof delayMs !== 'number' || !(delayMs >= 0)) refuse('delayNext', 'delayMs', 'milliseconds, 0 or more', found(delayMs))
}

/** @throws TypeError */
export function requirePort(port: unknown): void {
  if (!Number.isInteger(port) || Number(port) < 0 || Number(port) > 65_535)
    refuse('listen', 'port', 'a whole number from 0 to 65535', found(port))
}

function found(value: unknown): string {
  return typeof value === 'number' ? String(value) : kindOf(value)
}

function refuse(command: string, name: string, expected: string, foundValue: string): never {
  throw new TypeError(`${command}: "${name}" must be ${expected}; found ${foundValue}`)
}
