// The environment of the backend: that of the command without anything of Countersign and without proxies, and the sandbox.

export const sandboxVariables = ['TOKEN_URL', 'ISSUER', 'API_URL', 'CLIENT_ID', 'CLIENT_SECRET', 'CLIENT_SECRET_FILE', 'PORT'] as const

export type SandboxVariable = (typeof sandboxVariables)[number]
/** The names that the backend has for the variables, where they differ. */
export type NameMap = ReadonlyMap<SandboxVariable, string>

/**
 * Every variable is set under its own name, too: a value of the user's shell, such as a secret of production, never reaches the backend under
 * a name of the sandbox. Nor does a setting that sends calls to loopback through a proxy.
 */
export function environmentOf(
  values: Readonly<Record<SandboxVariable, string | undefined>>,
  names: NameMap,
  inherited: NodeJS.ProcessEnv = process.env,
): NodeJS.ProcessEnv {
  const kept = Object.entries(inherited).filter(
    ([name]) => !/^COUNTERSIGN_|^(?:https?|all|no)_proxy$|^NODE_(?:OPTIONS|V8_COVERAGE|TEST_CONTEXT)$/i.test(name),
  )
  const own = sandboxVariables.flatMap((name) => [name, names.get(name) ?? name].map((each) => [each, values[name]] as const))
  return { ...Object.fromEntries(kept), NO_PROXY: '127.0.0.1,localhost', no_proxy: '127.0.0.1,localhost', ...Object.fromEntries(own) }
}
