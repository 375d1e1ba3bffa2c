// The options of countersign certify: what they say, or an error that says what is known. All are read before anything is played.
import { statSync } from 'node:fs'
import { dirname } from 'node:path'
import {
  clientAuthenticationMethodNames,
  isLoopbackHost,
  isSigningAlgorithm,
  keyMethodName,
  signingAlgorithms,
  type ClientAuthenticationMethodName,
  type SigningAlgorithmName,
} from '@countersign/protocol'
import { needOf, scenarioIds } from './certify/certify-backend.ts'
import type { SandboxAuth } from './certify/credential.ts'
import { sandboxVariables, type NameMap, type SandboxVariable } from './certify/environment.ts'
import type { Need } from './certify/needs.ts'
import { CommandError } from './output.ts'

export const defaultKeyAlgorithm: SigningAlgorithmName = 'ES256'

export interface CertifyOptions {
  readonly env?: readonly string[]
  readonly trigger: string
  readonly only?: readonly string[]
  readonly auth?: string
  readonly keyAlgorithm?: string
  readonly tls?: boolean
  readonly list?: boolean
  readonly explain?: string
  readonly junit?: string
  readonly json?: boolean
  readonly tokenLifetime: string
  readonly startTimeout: string
  readonly parallel: string
  readonly restartOnRotation?: boolean
}

export function readCommand([program, ...rest]: readonly string[]): [string, ...string[]] {
  if (program !== undefined) return [program, ...rest]
  throw new CommandError('The command that starts the backend is missing.', {
    next: 'Write it after "--": countersign certify -- node server.js',
  })
}

/** Before anything is played, which takes minutes. */
export function expectFolder(file: string | undefined): void {
  const folder = file === undefined ? '.' : dirname(file)
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return
  throw new CommandError(`There is no folder "${folder}" for "--junit".`, { next: 'Create it, or name a file in another folder.' })
}

export function readNames(pairs: readonly string[]): NameMap {
  return new Map(
    pairs.map((pair): [SandboxVariable, string] => {
      const [, name, own] = /^([A-Z_]+)=([A-Za-z_]\w{0,99})$/.exec(pair) ?? []
      const known = sandboxVariables.find((variable) => variable === name)
      if (known !== undefined) return [known, own!]
      throw new CommandError(`"--env ${pair}" is not the name of a variable of the sandbox and yours.`, {
        next: `Write such as TOKEN_URL=OAUTH_TOKEN_URI. The variables are ${sandboxVariables.join(', ')}.`,
      })
    }),
  )
}

/** Other machines are not called: the sandbox is for this one. */
export function readTrigger({ trigger, parallel }: CertifyOptions): string {
  const text = trigger.startsWith('/') ? `http://127.0.0.1:{PORT}${trigger}` : trigger
  const url = URL.parse(text.replaceAll('{PORT}', '1'))
  if (url?.protocol !== 'http:' || !isLoopbackHost(url.hostname))
    throw new CommandError(`"--trigger ${trigger}" is not a path, or a URL of this machine.`, {
      next: 'Write such as /call, http://127.0.0.1:{PORT}/call or http://localhost:8080/sync.',
    })
  if (parallel !== '1' && !text.includes('{PORT}'))
    throw new CommandError('Several backends cannot listen on one port.', {
      next: 'Leave --parallel out, or let the backend listen on PORT and write {PORT} in --trigger.',
    })
  return text
}

export function readAuth({ auth: method, keyAlgorithm }: CertifyOptions): SandboxAuth {
  if (method !== undefined && !isMethod(method))
    throw new CommandError(`"--auth ${method}" is not a method.`, {
      next: `The methods are ${clientAuthenticationMethodNames.join(', ')}. Without --auth a secret may be sent in either way.`,
    })
  if (method === keyMethodName) return { kind: 'key', algorithm: readAlgorithm(keyAlgorithm) }
  if (keyAlgorithm === undefined) return { kind: 'secret', ...(method !== undefined && { method }) }
  throw new CommandError('"--key-algorithm" is for a backend that has a key.', {
    next: `Add "--auth ${keyMethodName}", or leave it out.`,
  })
}

function isMethod(name: string): name is ClientAuthenticationMethodName {
  return clientAuthenticationMethodNames.some((each) => each === name)
}

function readAlgorithm(name: string = defaultKeyAlgorithm): SigningAlgorithmName {
  if (isSigningAlgorithm(name)) return name
  throw new CommandError(`"--key-algorithm ${name}" is not an algorithm.`, {
    next: `The algorithms are ${Object.keys(signingAlgorithms).join(', ')}.`,
  })
}

const optionsFor: Readonly<Record<Need, string>> = {
  secret: `without "--auth ${keyMethodName}"`,
  key: `with "--auth ${keyMethodName}"`,
  tls: 'with "--tls"',
}

export function readOnly(ids: readonly string[], available: readonly string[]): readonly string[] {
  for (const id of ids) {
    expectScenario(id)
    if (!available.includes(id))
      throw new CommandError(`"${id}" is only played ${optionsFor[needOf(id)!]}.`, { next: 'Change that, or leave it out of "--only".' })
  }
  return ids
}

export function expectScenario(id: string): void {
  if (scenarioIds.includes(id)) return
  throw new CommandError(`There is no scenario "${id}".`, { next: `The scenarios are ${scenarioIds.join(', ')}.` })
}
