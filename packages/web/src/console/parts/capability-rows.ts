// The capabilities of a realm beside the values of an organization.

export interface CapabilityRow {
  readonly name: string
  readonly value: string | undefined
  /** What it can be set to; none if the realm does not declare it any more. */
  readonly choices: readonly string[]
}

interface Declared {
  readonly capabilities: Readonly<Record<string, 'flag' | readonly string[]>>
  readonly rateLimitTiers: readonly string[]
}

export function listCapabilities(realm: Declared | undefined, values: Readonly<Record<string, string | boolean>>): CapabilityRow[] {
  const { capabilities = {}, rateLimitTiers = [] } = realm ?? {}
  const declared: Declared['capabilities'] = { ...capabilities, ...(rateLimitTiers.length > 0 && { rateLimitTier: rateLimitTiers }) }
  const names = [...new Set([...Object.keys(declared), ...Object.keys(values)])].toSorted()
  return names.map((name) => {
    const kind = declared[name]
    const value = values[name]
    return {
      name,
      value: value === undefined ? undefined : String(value),
      choices: kind === 'flag' ? ['true', 'false'] : (kind ?? []),
    }
  })
}
