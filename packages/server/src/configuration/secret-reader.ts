// A secret that the configuration names by where it is: "file:PATH" or "env:NAME".
import { OpenFileError, readPrivateFile } from '@countersign/guard/private-file'
import { ConfigurationError } from './configuration.ts'

/**
 * Reads a file again at each call, so that the secret in it can be replaced; a variable is deleted once it was read, so that no child process and
 * no crash report has it.
 * @param setting its path in the configuration @throws ConfigurationError, now if the secret cannot be read now
 */
export function createSecretReader(setting: string, location: string): () => string {
  const [, kind, name = ''] = /^(env|file):(.+)$/.exec(location) ?? []
  const read = kind === 'env' ? keep(takeVariable(setting, name)) : () => readFile(setting, name)
  read()
  return read
}

function keep(secret: string): () => string {
  return () => secret
}

function takeVariable(setting: string, name: string): string {
  const value = process.env[name]
  delete process.env[name]
  return checked(setting, value?.trim() ?? '', `the environment variable "${name}" to have the secret`)
}

function readFile(setting: string, file: string): string {
  try {
    return checked(setting, readPrivateFile(file).trim(), `the file "${file}" to have the secret`)
  } catch (cause) {
    if (cause instanceof ConfigurationError) throw cause
    const { message } = cause as Error
    throw new ConfigurationError(
      cause instanceof OpenFileError ? `${setting}: ${message}` : `${setting}: cannot read the secret: ${message}`,
      { cause },
    )
  }
}

function checked(setting: string, secret: string, expected: string): string {
  if (secret === '') throw new ConfigurationError(`${setting}: expected ${expected}, found nothing`)
  return secret
}
