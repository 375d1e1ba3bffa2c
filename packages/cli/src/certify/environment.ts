// The environment of the backend: that of the command without anything of Countersign and without proxies, and the sandbox.

export const sandboxVariables = [
  'TOKEN_URL',
  'ISSUER',
  'API_URL',
  'CA_FILE',
  'CLIENT_ID',
  'CLIENT_SECRET',
  'CLIENT_SECRET_FILE',
  'CLIENT_JWK_FILE',
  'CLIENT_KEY_FILE',
  'CLIENT_KEY_ID',
  'CLIENT_KEY_ALGORITHM',
  'PORT',
] as const

export type SandboxVariable = (typeof sandboxVariables)[number]
/** The names that the backend has for the variables, where they differ. */
export type NameMap = ReadonlyMap<SandboxVariable, string>

/**
 * Every variable is set or removed under its own name, too: a value of the user's shell, such as a secret of production, never reaches the
 * backend under a name of the sandbox. Nor does a setting that sends calls to loopback through a proxy.
 */
export function environmentOf(
  values: Partial<Readonly<Record<SandboxVariable, string>>>,
  names: NameMap,
  more: NodeJS.ProcessEnv = {},
  inherited: NodeJS.ProcessEnv = process.env,
): NodeJS.ProcessEnv {
  const kept = Object.entries(inherited).filter(
    ([name]) => !/^COUNTERSIGN_|^(?:https?|all|no)_proxy$|^NODE_(?:OPTIONS|V8_COVERAGE|TEST_CONTEXT)$/i.test(name),
  )
  const own = [...sandboxVariables.map((name) => [name, name] as const), ...names].map(([name, own]) => [own, values[name]] as const)
  const noProxy = '127.0.0.1,localhost'
  return { ...Object.fromEntries(kept), NO_PROXY: noProxy, no_proxy: noProxy, ...more, ...Object.fromEntries(own) }
}
