// Tokens for the checks: used by several of them, but not to the end of their lifetime, because all rows together take longer.
import { newTokenOf, type SystemName } from '../conformance/target.fixture.ts'

const keptForMs = 60_000
const kept = new Map<SystemName, { readonly token: Promise<string>; readonly until: number }>()

export function freshTokenOf(name: SystemName): Promise<string> {
  const known = kept.get(name)
  if (known && Date.now() < known.until) return known.token
  const token = newTokenOf(name)
  kept.set(name, { token, until: Date.now() + keptForMs })
  return token
}
